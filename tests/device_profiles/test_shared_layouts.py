"""Layouts that many models share: filled in, added to, and contradicted."""

from pathlib import Path

import pytest

from device_profiles.catalogue import Catalogue, read_profile
from device_profiles.shared_layouts import shared_names, with_shared


def test_a_profile_adds_its_rows_and_its_own_row_goes_first() -> None:
    own = {"items": {"01 75": {"skip": 1}, "03 67": {"field": "t", "type": "s16le"}}}
    tree, raw = with_shared({"payload": {"use": "milesight", **own}})
    payload = tree["payload"]
    assert payload["kind"] == "tlv"
    assert payload["items"]["01 75"] == {"skip": 1}
    assert {"03 67", "ff 0b"} <= payload["items"].keys()
    assert b"Milesight" in raw


def test_a_profile_without_use_is_left_as_it_is() -> None:
    tree = {"payload": {"kind": "json"}}
    assert with_shared(tree) == (tree, b"")
    assert with_shared({"payload": 1}) == ({"payload": 1}, b"")


@pytest.mark.parametrize(
    ("payload", "finding"),
    [
        ({"use": "elsis"}, "payload.use: 'elsis' is no shared layout. Did you mean 'elsys'?"),
        ({"use": 7}, "payload.use: '7' is no shared layout."),
        ({"use": "elsys", "kind": "fixed"}, "payload.kind: comes from use = 'elsys'. Take one of the two out"),
        ({"use": "decentlab", "flags": "u8"}, "payload.flags: comes from use = 'decentlab'"),
    ],
)
def test_a_wrong_use_says_how_to_mend_it(payload: dict[str, object], finding: str) -> None:
    with pytest.raises(ValueError, match=finding.replace("?", r"\?").replace(".", r"\.")):
        with_shared({"payload": payload})


def test_the_mistake_is_told_with_all_others(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('[payload]\nuse = "nobody"\n')
    profile, mistakes = read_profile("a/b", tmp_path)
    assert profile is None
    assert len(mistakes) == 1
    assert "is no shared layout" in mistakes[0]


def test_every_shared_layout_is_used() -> None:
    used = {profile.file.payload.use for profile in Catalogue.load().checked.values()}
    assert used - {""} == set(shared_names())


def test_the_hash_of_a_profile_covers_the_shared_layout(tmp_path: Path) -> None:
    ems = Catalogue.load().checked["elsys/ems"]
    text = (ems.folder / "profile.toml").read_bytes()
    (tmp_path / "profile.toml").write_bytes(text)
    copied, _ = read_profile("elsys/ems", tmp_path)
    assert copied is not None
    assert copied.profile_hash == ems.profile_hash
    _, shared = with_shared({"payload": {"use": "elsys"}})
    assert shared
