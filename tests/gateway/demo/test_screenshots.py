"""The README's pictures: small, each of them shown, and taken anew from a demo that runs (the long proof)."""

import importlib.util
import re
import struct
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "screenshots"
LARGEST_BYTES = 200_000

needs_browser = pytest.mark.skipif(
    importlib.util.find_spec("playwright") is None or not Path("/usr/bin/chromium").exists(), reason="needs Chromium"
)


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height from the header of a PNG file."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def test_every_picture_is_shown_in_the_readme_and_small() -> None:
    shown = set(re.findall(r"docs/screenshots/([\w.-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    pictures = sorted(FOLDER.iterdir())
    assert {picture.name for picture in pictures} == shown
    assert len(pictures) <= 5
    assert {
        picture.name: picture.stat().st_size for picture in pictures if picture.stat().st_size > LARGEST_BYTES
    } == {}


@needs_browser
def test_the_pictures_are_those_that_the_command_takes() -> None:
    from tests.screenshots import SHOTS  # noqa: PLC0415 - needs the browser's library

    assert {shot.name: (shot.width, shot.height) for shot in SHOTS} == {
        picture.stem: size_of(picture) for picture in FOLDER.glob("*.png")
    }


@needs_browser
@pytest.mark.proof
def test_every_picture_can_be_taken_anew_and_no_page_complains(tmp_path: Path) -> None:
    from tests.screenshots import main  # noqa: PLC0415 - needs the browser's library

    assert main(["--write", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.png"))) == 5
