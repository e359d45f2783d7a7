"""One filled database for all tests of this room: it takes most of their time."""

from collections.abc import Iterator

import pytest

from tests.grafana.filled import DAYS, Filled, filled


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with filled(tmp_path_factory.mktemp("filled"), days=DAYS) as database:
        yield database
