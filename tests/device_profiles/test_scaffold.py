"""From sample payloads to a profile: the family is found, and what is written passes its own trial."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import Catalogue, read_profile, read_vectors
from device_profiles.scaffold import scaffold
from device_profiles.scaffold_layouts import Sample
from device_profiles.trial import outcomes_of, trial_uplinks, tried
from pipelines.decoders import DECODERS

P1 = DECODERS["dsmr-p1"].encode({"energy_import": 12.5, "gas": 3.25}, None)


def samples(*texts: str) -> list[Sample]:
    pairs = [text.rpartition(":") for text in texts]
    return [Sample(bytes.fromhex(digits), int(port) if port else None) for port, _, digits in pairs]


def findings(folder: Path, given_samples: list[Sample]) -> tuple[str, list[str], set[str]]:
    """How the samples were read, what is wrong with the folder that was made, and what is mapped."""
    made = scaffold("acme/one", "Acme One", given_samples)
    (folder / "profile.toml").write_text(made.profile_toml)
    (folder / "vectors.json").write_text(made.vectors_json)
    profile, mistakes = read_profile("acme/one", folder)
    assert profile is not None, (mistakes, made.profile_toml)
    compiled, vectors = profile.compiled(), read_vectors(folder)
    result = tried(compiled, vectors, outcomes_of(compiled, trial_uplinks(vectors)))
    return made.family, [*mistakes, *result.findings], {entry.property for entry in profile.mapping.values()}


@pytest.mark.parametrize(
    ("given_samples", "family", "mapped"),
    [
        (
            samples("85:01755c0367340104823409"),
            "Milesight channels",
            {"battery_percent", "temperature_c", "distance_mm"},
        ),
        (samples("5:0100e202290400270506060308070e20"), "Elsys types", {"temperature_c", "co2_ppm", "battery_v"}),
        (samples("1:021b5000030c2500250c25"), "Decentlab words", {"battery_v"}),
        (samples("1:03670110056700ff"), "Cayenne LPP", {"temperature_c"}),
        (samples("1:0102000a020100", "1:01020010"), "1-byte keys with lengths", {"pulses"}),
        (samples("2:0d3b0aef", "2:0d390b02", "5:0a01"), "bytes at fixed places", {"battery_v"}),
        (samples("7:ff"), "bytes at fixed places", {"pulses"}),
        ([Sample(P1, None)], "DSMR P1 telegram", {"energy_import_kwh", "gas_m3"}),
        ([Sample(b'[{"n":"temperature","v":20.5},{"n":"humidity","v":40}]', None)], "SenML in JSON", {"temperature_c"}),
    ],
)
def test_finds_the_family_and_passes_its_own_trial(
    given_samples: list[Sample], family: str, mapped: set[str], tmp_path: Path
) -> None:
    found, wrong, properties = findings(tmp_path, given_samples)
    assert (found, wrong) == (family, [])
    assert mapped <= properties


def test_our_own_devices_are_recognised_by_their_frames(tmp_path: Path) -> None:
    """The first frame of each profile that uses a shared layout leads to that layout, or to one that reads it too."""
    catalogue = Catalogue.load()
    right = []
    for name, profile in catalogue.checked.items():
        if profile.file.payload.use not in {"elsys", "milesight"}:
            continue
        vector = max((one for one in catalogue.vectors(name) if one.expect), key=lambda one: len(one.payload or b""))
        family, wrong, _ = findings(tmp_path, [Sample(vector.payload or b"", vector.port)])
        assert wrong == [], name
        right.append(family.lower().startswith(profile.file.payload.use))
    assert sum(right) / len(right) > 0.6


@settings(max_examples=25, deadline=None)
@given(payloads=st.lists(st.binary(min_size=1, max_size=24), min_size=1, max_size=3))
def test_any_payload_gives_a_profile_that_passes(
    payloads: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, wrong, properties = findings(tmp_path_factory.mktemp("made"), [Sample(payload, 2) for payload in payloads])
    assert wrong == []
    assert properties
