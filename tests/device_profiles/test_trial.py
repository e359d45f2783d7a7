"""A profile on trial: what is wrong is found, and the same mutants come each time."""

from typing import Any

from device_profiles.catalogue import Catalogue
from device_profiles.trial import MUTANTS, outcomes_of, trial_uplinks, tried
from device_profiles.vectors import Vector
from pipelines.decode import CompiledProfile, Reading
from pipelines.model import Rejected, Uplink

CATALOGUE = Catalogue.load()
EMS = CATALOGUE.profiles["elsys/ems"]
VECTORS = CATALOGUE.vectors("elsys/ems")


def vector(**keys: Any) -> Vector:
    return Vector.model_validate({"about": "it"} | keys)


def profile(decode: Any) -> CompiledProfile:
    return CompiledProfile("x/y", b"", decode, {})


def test_a_right_profile_has_no_findings() -> None:
    result = tried(EMS, VECTORS, outcomes_of(EMS, trial_uplinks(VECTORS)))
    assert (result.findings, result.vectors, result.mutants) == ((), len(VECTORS), MUTANTS)


def test_mutants_differ_from_the_frames_and_are_the_same_each_time() -> None:
    mutants = trial_uplinks(VECTORS)[len(VECTORS) :]
    assert mutants == trial_uplinks(VECTORS)[len(VECTORS) :]
    frames = {one.payload for one in VECTORS}
    assert sum(mutant.payload not in frames for mutant in mutants) > MUTANTS * 0.8
    assert {mutant.f_port for mutant in mutants} == {5, 1, 6, 255}


def test_a_wrong_value_is_a_finding() -> None:
    asked = [vector(hex="0102", expect={"t": 1})]
    wrong = profile(lambda _uplink: [Reading("t", 2)])
    (finding,) = tried(wrong, asked, outcomes_of(wrong, trial_uplinks(asked))).findings
    assert finding == "it: expected {'t': 1}, but found {'t': 2}"


def test_a_decoder_that_raises_is_a_finding_with_its_frame() -> None:
    def decode(uplink: Uplink) -> list[Reading] | Rejected:
        raise IndexError(len(uplink.payload or b""))

    asked = [vector(hex="0102", port=3, expect={"t": 1})]
    result = tried(profile(decode), asked, outcomes_of(profile(decode), trial_uplinks(asked)))
    assert result.findings[0] == "raised IndexError(2) on 0102 (f_port 3)"
    assert len(result.findings) == 1 + MUTANTS


def test_a_profile_without_vectors_proves_nothing() -> None:
    assert tried(EMS, [], []).findings == ("no vectors.json: nothing proves that it reads its frames",)


def test_decoded_values_are_not_mutated() -> None:
    assert len(trial_uplinks([vector(decoded={"a": 1}, expect={"a": 1})])) == 1
