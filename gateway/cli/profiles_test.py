"""``citygate profiles test``: every vector of every profile, and mutated frames, before a device depends on it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import rich_click as click

from device_profiles.catalogue import VENDORS, Profile, read_profile, read_vectors
from device_profiles.downlinks import example_differences
from device_profiles.trial import Outcome, TrialResult, outcomes_of, trial_uplinks, tried
from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.screen import fail
from pipelines.codec import Codec
from pipelines.model import Rejected, Uplink

PROFILE_FILE = "profile.toml"
SHOWN_FINDINGS = 20


@click.command(epilog=EPILOGUE)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--verbose", "-v", is_flag=True, help="A line for each profile, also for those that are right.")
def test(path: Path | None, *, verbose: bool) -> None:
    """Run every vector of every profile, and a hundred mutated frames of each.

    PATH is one profile's folder, a vendor's, or a folder of profiles (vendor/model below it), or the name of a shipped
    one; without it the package's own are tried. A vector is decoded and, where the profile can, encoded again to the
    same bytes; a downlink's example must become its bytes. A mutated frame may be read or rejected, but nothing may
    raise, hang or crash.

    \b
    Examples:
        citygate profiles test
        citygate profiles test my-profiles/acme/one
        citygate profiles test elsys/ers
    """
    folders = _folders(path or VENDORS)
    profiles, mistakes = _read(folders)
    results = [_tried(profile) for profile in profiles]
    for result in results:
        if verbose or result.findings:
            state = "wrong" if result.findings else "right"
            click.echo(f"{result.profile:<40} {result.vectors:>3} vectors {result.mutants:>4} mutants  {state}")
        for finding in result.findings[:SHOWN_FINDINGS]:
            click.echo(f"    {finding}")
    for mistake in mistakes:
        click.echo(f"error: {mistake}", err=True)
    vectors, mutants = sum(result.vectors for result in results), sum(result.mutants for result in results)
    wrong = len(folders) - len(results) + sum(bool(result.findings) for result in results)
    click.echo(f"{len(folders)} profiles, {vectors} vectors, {mutants} mutated frames: {wrong or 'none'} wrong")
    if wrong:
        raise SystemExit(Exit.MISTAKES)


def _folders(path: Path) -> list[Path]:
    """The folders of profiles that a person means: one, a vendor's, a whole tree, or one of ours by its name."""
    if path.name == PROFILE_FILE:
        path = path.parent
    for pattern in (PROFILE_FILE, f"*/{PROFILE_FILE}", f"*/*/{PROFILE_FILE}"):
        if folders := sorted(found.parent for found in path.glob(pattern)):
            return folders
    if path.exists() or path.is_absolute() or not (VENDORS / path / PROFILE_FILE).is_file():
        fail(
            Exit.FAILED,
            f"there is no profile in {path}",
            "Name a folder with a profile.toml, or one with vendor/model; or one of citygate profiles list.",
        )
    return [VENDORS / path]


def _read(folders: Sequence[Path]) -> tuple[list[Profile], list[str]]:
    """The profiles that can be tried, and what is wrong with the files of the others."""
    profiles, mistakes = [], []
    for folder in folders:
        resolved = folder.resolve()
        name = f"{resolved.parent.name}/{resolved.name}"
        profile, found = read_profile(name, folder)
        mistakes += [f"{name}: {mistake}" for mistake in found]
        if profile is not None and not found:
            profiles.append(profile)
    return profiles, mistakes


def _tried(profile: Profile) -> TrialResult:
    compiled, vectors = profile.compiled(), read_vectors(profile.folder)
    uplinks = trial_uplinks(vectors)
    codec = profile.codec
    outcomes = outcomes_of(compiled, uplinks) if codec is None else asyncio.run(_by_worker(codec, uplinks))
    result = tried(compiled, vectors, outcomes)
    downlinks = example_differences(profile.file, profile.downlinks)
    if codec is not None and profile.downlinks:
        downlinks += asyncio.run(_downlinks_by_worker(codec, profile))
    return msgspec.structs.replace(result, findings=(*result.findings, *downlinks))


async def _downlinks_by_worker(codec: Codec, profile: Profile) -> list[str]:
    """What codec.js makes of the examples of its downlinks that it should not."""
    from gateway.codecs.codecs import Codecs  # noqa: PLC0415 - only where a profile needs it
    from gateway.events import Events  # noqa: PLC0415 - same
    from pipelines.downlinks.encode import codec_call, codec_command  # noqa: PLC0415 - same
    from pipelines.downlinks.notation import Unsendable  # noqa: PLC0415 - same

    findings = []
    async with Codecs(Events(), quarantine=False) as codecs:
        for name, table in profile.file.downlink.items():
            for example in table.examples:
                call = codec_call(profile.downlinks[name], codec, example.set, now_ns=0)
                try:
                    answer = (await codecs.decode([call]))[0]
                    payload = codec_command(profile.downlinks[name], example.set, answer).payload
                except Unsendable as error:
                    findings.append(f"downlink {name}: {error}")
                    continue
                if payload != bytes.fromhex(example.hex):
                    findings.append(f"downlink {name}: {payload.hex()} instead of {example.hex}")
    return findings


async def _by_worker(codec: Codec, uplinks: Sequence[Uplink]) -> list[Outcome]:
    """What a JavaScript codec makes of uplinks, in the worker process that the gateway uses. A hang is a finding."""
    from gateway.codecs.codecs import Codecs  # noqa: PLC0415 - only where a profile needs it
    from gateway.events import Events  # noqa: PLC0415 - same
    from pipelines.codec import CodecCall  # noqa: PLC0415 - same
    from pipelines.codec_readings import codec_readings  # noqa: PLC0415 - same

    calls = [CodecCall(codec, payload=uplink.payload or b"", f_port=uplink.f_port) for uplink in uplinks]
    async with Codecs(Events(), quarantine=False) as codecs:
        answers = await codecs.decode(calls)
    outcomes: list[Outcome] = []
    for uplink, answer in zip(uplinks, answers, strict=True):
        if answer.ending in ("stopped", "killed"):
            outcomes.append(RuntimeError(f"{answer.ending}: {answer.said}"))
        elif uplink.payload is None:
            outcomes.append(Rejected("decode_failed", "the profile reads bytes, but the message carries none"))
        else:
            outcomes.append(codec_readings(codec.name, answer, uplink))
    return outcomes
