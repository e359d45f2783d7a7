"""What a browser may fetch, and from where."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.dashboard import assets
from gateway.dashboard.answering import policy
from gateway.http.settings import HttpTable


def test_only_files_that_lay_there_at_the_start_are_listed(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    for name in ("index.html", "pages/a.js", ".hidden", "pages/.b.js"):
        (tmp_path / name).write_text("x")
    assert set(assets.listed(tmp_path)) == {"index.html", "pages/a.js"}


def test_the_page_may_load_nothing_from_elsewhere_but_the_tiles_that_were_named() -> None:
    assert "http" not in policy()
    tiles = HttpTable(tiles="https://tiles.example:8443/osm/{z}/{x}/{y}.png").tiles
    assert assets.origin_of(tiles) == "https://tiles.example:8443"
    assert "img-src 'self' data: https://tiles.example:8443;" in policy(assets.origin_of(tiles))
    assert assets.origin_of(None) is None


@pytest.mark.parametrize(
    "tiles",
    [
        "https://tiles.example/{z}/{x}.png",
        "https://tiles.example; script-src */{z}/{x}/{y}",
        "javascript:alert(1)//{z}/{x}/{y}",
        "https://a@b/{z}/{x}/{y}",
        "//tiles.example/{z}/{x}/{y}",
    ],
)
def test_an_address_of_tiles_that_is_none_or_says_more_is_a_mistake(tiles: str) -> None:
    with pytest.raises(ValidationError):
        HttpTable(tiles=tiles)
