"""Every profile of the package: its vectors, its encoder, and that no bytes at all can upset it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import VENDORS, Catalogue
from device_profiles.vectors import Vector, difference
from pipelines.model import Rejected, Uplink

CATALOGUE = Catalogue.load()
NAMES = sorted(CATALOGUE.names)
VECTORS = [(name, vector) for name in NAMES for vector in CATALOGUE.vectors(name)]
READ_FROM_BYTES = [name for name in NAMES if CATALOGUE.profiles[name].encode is not None]


def test_the_catalogue_has_no_mistakes() -> None:
    assert CATALOGUE.mistakes == []
    assert len(NAMES) >= 12


@pytest.mark.parametrize(("name", "vector"), VECTORS, ids=lambda one: one.about if isinstance(one, Vector) else one)
def test_vector(name: str, vector: Vector) -> None:
    assert difference(CATALOGUE.profiles[name], vector) == ""


@pytest.mark.parametrize("name", NAMES)
def test_has_vectors_right_and_wrong(name: str) -> None:
    vectors = CATALOGUE.vectors(name)
    assert any(vector.expect for vector in vectors)
    assert any(vector.error for vector in vectors)


@pytest.mark.parametrize("name", NAMES)
def test_every_mapped_reading_appears_in_a_vector(name: str) -> None:
    profile = CATALOGUE.checked[name]
    seen = {reading for vector in CATALOGUE.vectors(name) for reading in vector.expect or {}}
    assert set(profile.file.map) - seen == set()


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is_what_for_and_how_often_it_reports(name: str) -> None:
    file = CATALOGUE.checked[name].file
    assert file.identity.source
    assert file.reporting_interval_s or name.startswith("generic/")
    assert file.identity.domains or name.startswith("generic/")


@pytest.mark.parametrize("name", READ_FROM_BYTES)
def test_a_frame_cut_at_any_byte_is_read_or_rejected(name: str) -> None:
    decode = CATALOGUE.profiles[name].decode
    for vector in CATALOGUE.vectors(name):
        payload = vector.uplink.payload or b""
        for cut in range(0, len(payload), 1 + len(payload) // 60):  # a telegram has hundreds of bytes
            outcome = decode(Uplink("d", payload=payload[:cut], f_port=vector.port))
            assert isinstance(outcome, Rejected | list)


@pytest.mark.parametrize("name", READ_FROM_BYTES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_no_bytes_on_any_port_raise(name: str, data: st.DataObject) -> None:
    ports = sorted({vector.port for vector in CATALOGUE.vectors(name) if vector.port is not None})
    f_port = data.draw(st.sampled_from([*ports, 200, None]))
    frames = [vector.uplink.payload or b"" for vector in CATALOGUE.vectors(name)]
    payload = bytearray(data.draw(st.sampled_from(frames) | st.binary(max_size=50)))
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 255)), max_size=4)):
        if place < len(payload):
            payload[place] = byte
    outcome = CATALOGUE.profiles[name].decode(Uplink("d", payload=bytes(payload), f_port=f_port))
    assert isinstance(outcome, Rejected | list)


def test_every_profile_stands_in_the_readme() -> None:
    readme = (VENDORS.parent / "README.md").read_text()
    assert [name for name in NAMES if f"| `{name}` |" not in readme] == []
