"""Guesses over the real catalogue: each profile's own vectors must lead back to it."""

from collections.abc import Sequence

import pytest

from device_profiles.catalogue import Catalogue
from pipelines.guess import LIKELY, MAX_UPLINKS, Guess, guess
from pipelines.model import Uplink

CATALOGUE = Catalogue.load()
BY_BYTES = [name for name, one in CATALOGUE.checked.items() if one.layouts is not None and name != "example/example"]


def guesses(*frames: str, port: int = 5) -> Sequence[Guess]:
    return guess(
        CATALOGUE.profiles, [Uplink("x", payload=bytes.fromhex(frame), f_port=port) for frame in frames], at_most=99
    )


@pytest.mark.parametrize("name", BY_BYTES)
def test_the_vectors_of_a_profile_lead_back_to_it(name: str) -> None:
    uplinks = [vector.uplink for vector in CATALOGUE.vectors(name) if vector.expect is not None]
    found = [claim.profile for claim in guess(CATALOGUE.profiles, uplinks, at_most=12)]
    assert name in found, found


def test_frames_of_a_known_kind_are_likely_and_say_what_they_would_mean() -> None:
    first = guesses("0100e202290400270506060308070d62", "0100e102280400250507060301070d60")[0]
    assert first.profile.startswith("elsys/")
    assert first.score >= LIKELY
    assert first.word == "likely"
    assert first.sample["temperature_c"] == 22.6


def test_noise_is_nobodys_and_a_lone_byte_is_hardly_a_proof() -> None:
    assert all(claim.word == "possible" for claim in guesses("d41f9a03b8c7e2", "8a77f00d91b2c4"))
    assert all(claim.word == "possible" for claim in guesses("01"))


def test_an_implausible_value_counts_against_a_profile() -> None:
    plausible = next(claim for claim in guesses("0100e20229") if claim.profile == "elsys/ems")
    frozen = next(claim for claim in guesses("01f0000229") if claim.profile == "elsys/ems")
    assert frozen.plausible < plausible.plausible == 1.0
    assert frozen.score < plausible.score


def test_decoded_values_are_guessed_by_their_names() -> None:
    said = Uplink("x", decoded={"temperature_c": 21.4, "humidity_percent": 40.0, "battery_v": 3.5, "blah": 1})
    assert guess(CATALOGUE.profiles, [said])[0].profile == "generic/json"


def test_few_different_payloads_are_enough_and_nothing_gives_nothing() -> None:
    assert guess(CATALOGUE.profiles, []) == []
    assert guess(CATALOGUE.profiles, [Uplink("x", kind="notice")]) == []
    many = guesses(*(f"01{100 + number:04x}" for number in range(40)))
    assert many[0].looked_at == MAX_UPLINKS
    same = guesses("0100e2", "0100e2")
    assert same[0].looked_at == 1


def test_a_lora_gateway_that_nobody_knows_is_recognised_by_its_statistics() -> None:
    said = {"rxPacketsReceived": 9, "rxPacketsReceivedOk": 8, "txPacketsReceived": 0, "txPacketsEmitted": 0}
    uplinks = [Uplink("0016c001f153a14c", decoded=said), Uplink("0016c001f153a14c", decoded={"state": "ONLINE"})]
    found = guess(Catalogue.load().profiles, uplinks)
    assert found[0].profile == "chirpstack/lora-gateway"
