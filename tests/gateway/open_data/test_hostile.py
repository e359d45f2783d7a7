"""Questions of people who mean no good: nothing but what was open comes back, and nothing falls over."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.gateway.open_data.small_city import PILOT, Asker, asked, of_city, write

SECRETS = ("house-12", "4711.0", "12345.0", "a81758fffe", "sqlite", "traceback", "/state", "root:")
NAMES = ("property", "feature", "area", "domain", "from", "to", "period", "type", "id", "limit", "offset", "options")
STA_NAMES = ("$filter", "$top", "$skip", "$orderby", "$count", "$expand")
ATTACKS = (
    "' OR 1=1 --",
    "x'; DROP TABLE history; --",
    "electricity-meter/house-12",
    "house-12",
    '") UNION SELECT value FROM history --',
    "../../../../etc/passwd",
    "%2e%2e%2f",
    "\x00",
    "9" * 400,
    "-1",
    "1e9",
    "NaN",
    "😀" * 30,
    "2026-11-03T10:00:00Z",
    "0001-01-01T00:00:00Z",
)
PATHS = (
    f"/open/v1/{PILOT}/observations.csv",
    f"/open/v1/{PILOT}/aggregates.geojson",
    "/open/v1/..%2f..%2fetc/passwd.csv",
    "/ngsi-ld/v1/entities",
    "/ngsi-ld/v1/entities/..%2f..%2fstate",
    "/sta/v1.1/Things",
    "/sta/v1.1/Observations",
    f"/gbfs/3.0/{PILOT}/station_status.json",
)
words = st.one_of(st.sampled_from(ATTACKS), st.text(max_size=60))


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    file: Path = tmp_path_factory.mktemp("store") / "store.sqlite"
    write(file, of_city())
    with asked(file) as asker:
        yield asker


def harmless(asker: Asker, target: str) -> None:
    answer = asker.get(target, key="partner")
    assert answer.status_code in (200, 400, 403, 404, 406, 414, 501), (target, answer.status_code)
    text = answer.text.lower() if answer.status_code == 200 else ""
    for secret in SECRETS:
        assert secret not in text, target
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 4_000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), given_words=st.dictionaries(st.sampled_from(NAMES), words, max_size=3))
@example(path=PATHS[0], given_words={"feature": "' OR 1=1 --"})
@example(path=PATHS[3], given_words={"id": "urn:ngsi-ld:ACMeasurement:delft:waste-delft:house-12"})
def test_no_word_of_a_query_brings_out_more(asker: Asker, path: str, given_words: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(word)}" for name, word in given_words.items())
    harmless(asker, f"{path}?{query}")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.one_of(st.sampled_from(["Things", "Observations", "Datastreams"]), words.map(quote)),
    given_words=st.dictionaries(st.sampled_from(STA_NAMES), words, max_size=3),
)
def test_no_words_of_sensorthings_bring_out_more(asker: Asker, path: str, given_words: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(word)}" for name, word in given_words.items())
    harmless(asker, f"/sta/v1.1/{path}?{query}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(words, max_size=4))
def test_no_path_leads_out(asker: Asker, parts: list[str]) -> None:
    for root in ("/open/v1/", "/gbfs/3.0/", "/ngsi-ld/v1/entities/", "/"):
        harmless(asker, root + "/".join(quote(part, safe="") for part in parts))


def test_the_store_is_whole_after_all_that(asker: Asker) -> None:
    assert len(asker.rows(f"/open/v1/{PILOT}/observations.csv", key="partner")) > 100
