"""``citygate profiles new``: sample payloads → a profile that ``citygate profiles test`` accepts, for a person to mend.

Every proposal of ``scaffold_layouts`` is compiled and judged by ``pipelines.guess``; the best one is written down.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from device_profiles.catalogue import Profile, read_profile
from device_profiles.scaffold_layouts import Proposal, Sample, proposals
from device_profiles.vectors import Vector, by_name, difference
from pipelines.decode import CompiledProfile
from pipelines.guess import guess
from pipelines.model import Rejected, Uplink

GUESSED = "A first guess from sample payloads. Go through it with the maker's payload description; ## tells what to do."


class Scaffold(msgspec.Struct, frozen=True):
    """What would be written. ``family``: how the samples were read."""

    family: str
    profile_toml: str
    vectors_json: str


def scaffold(name: str, title: str, samples: Sequence[Sample]) -> Scaffold:
    """The two files of a new profile ``vendor/model`` for these samples, at least one."""
    found: dict[str, tuple[Proposal, str, CompiledProfile]] = {}
    for proposal in proposals(samples):
        text = _profile_toml(name, title, proposal, len(samples))
        compiled = _compiled(name, text)
        if compiled is not None and all(not isinstance(_read(compiled, one), Rejected) for one in samples):
            found[proposal.family] = (proposal, text, compiled)
    uplinks = [_uplink(sample) for sample in samples]
    judged = {family: msgspec.structs.replace(compiled, name=family) for family, (_, _, compiled) in found.items()}
    ranked = [claim.profile for claim in guess(judged, uplinks, at_most=len(judged))]
    telling = [family for family in ranked if found[family][0].family != "bytes at fixed places"]
    family = (telling or list(found)[-1:])[0]
    proposal, text, compiled = found[family]
    mapped = {name for sample in samples for name in _names(compiled, sample)}
    trimmed = msgspec.structs.replace(
        proposal, mapping={reading: words for reading, words in proposal.mapping.items() if reading in mapped}
    )
    text = _profile_toml(name, title, trimmed if trimmed.mapping else proposal, len(samples))
    return Scaffold(family, text, _vectors_json(compiled, samples))


def _uplink(sample: Sample) -> Uplink:
    return Uplink("sample", payload=sample.payload, f_port=sample.f_port)


def _read(compiled: CompiledProfile, sample: Sample) -> Any:
    return compiled.decode(_uplink(sample))


def _names(compiled: CompiledProfile, sample: Sample) -> list[str]:
    return [reading.name for reading in _read(compiled, sample)]


def _compiled(name: str, text: str) -> CompiledProfile | None:
    """The profile as the catalogue would read it from a folder; None where it has mistakes."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "profile.toml").write_text(text, encoding="utf-8")
        profile, mistakes = read_profile(name, Path(folder))
    return profile.compiled() if isinstance(profile, Profile) and not mistakes else None


def _profile_toml(name: str, title: str, proposal: Proposal, samples: int) -> str:
    vendor, _, model = name.partition("/")
    mapping = "\n".join(f"{_key(reading)} = {{ {words} }}" for reading, words in proposal.mapping.items())
    return f"""# {title}. Read as {proposal.family}, found from {samples} sample payload{"s" if samples != 1 else ""}.
## {GUESSED}
## Every key is explained in device_profiles/vendors/example/example/profile.toml.

## How often a device in its factory setting reports. Without it nobody can say that one has fallen silent.
reporting_interval_s = 3600
## What the readings tell about people. A: environment. B: asset. C: use of public space. D: household or business.
privacy_class = "B"

[identity]
vendor = {json.dumps(vendor)}
model = {json.dumps(model)}
title = {json.dumps(title)}
## sensors = ["temperature"], domains = ["air"], data_sheet = "https://…": fill them in.
## The document that describes the payload: title and chapter. Until you have it, nobody vouches for this profile.
source = "sample payloads of a device; no document yet"

## How bytes are read. Name each number, give scale and unit, and let the readings be compared with the device.
{proposal.payload}
## Which property of the vocabulary each reading is (pipelines/vocabulary.py). What is not mapped is left aside.
[map]
{mapping}
"""


def _key(reading: str) -> str:
    return reading if reading.replace("_", "").isalnum() and reading.isascii() else json.dumps(reading)


def _vectors_json(compiled: CompiledProfile, samples: Sequence[Sample]) -> str:
    rows = [_right(compiled, number, sample) for number, sample in enumerate(samples, start=1)]
    first = samples[0]
    wrong = [
        ("cut inside the last value", first.payload[:-1], first.f_port),
        ("a port that it does not have", first.payload, 255),
        ("nothing at all", b"", first.f_port),
    ]
    for about, payload, port in wrong:
        outcome = _read(compiled, Sample(payload, port))
        if isinstance(outcome, Rejected):
            detail = outcome.detail.removeprefix(f"{compiled.name}: ")
            rows.append({"about": about, "port": port, "hex": payload.hex(), "error": detail})
            break
    rows = [{key: value for key, value in row.items() if value is not None} for row in rows]
    return "[\n" + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n]\n"


def _right(compiled: CompiledProfile, number: int, sample: Sample) -> dict[str, Any]:
    row = {
        "about": f"sample {number}: compare these values with the device, then say what it shows",
        "port": sample.f_port,
        "hex": sample.payload.hex(),
        "expect": by_name(_read(compiled, sample)),
    }
    given = {key: value for key, value in row.items() if value is not None}
    if difference(compiled, Vector.model_validate(given)):
        row["encodes"] = False
    return row
