"""``citygate explain``."""

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.journal import opened
from gateway.cli.options import config_option
from gateway.cli.rejected import quarantine
from gateway.cli.screen import JsonOption, fail, mistakes_end_the_command, print_json
from gateway.clock import Clock
from gateway.config import Config, find_config, load_config
from gateway.explain.find import Found, by_number, newest_of
from gateway.explain.look import Look, look_of, readers_of
from gateway.explain.mend import PASTED
from gateway.files.mistakes import did_you_mean
from pipelines.model import Received, Uplink

LONGEST_NUMBER = 12
"""An id of digits is longer than any intake number: a DevEUI has 16."""
BARE = "bare bytes"
"""The source of bytes that no network server has sent."""


@click.command(epilog=EPILOGUE)
@click.argument("what", required=False)
@config_option
@click.option("--last", default=1, show_default=True, type=click.IntRange(1, 100), help="So many, the newest first.")
@click.option("--topic", metavar="TOPIC", help="With --payload or --file: the topic it came on.")
@click.option(
    "--payload", metavar="TEXT", help="A message to look at instead of a received one; - reads it from stdin."
)
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="A body, or a recording.")
@click.option("--line", default=1, show_default=True, type=click.IntRange(min=1), help="Which line of a recording.")
@click.option("--hex", "frame", metavar="HEX", help="The device's own bytes; needs --profile, and often --port.")
@click.option("--port", type=click.IntRange(0, 255), help="The LoRaWAN port of --hex.")
@click.option("--profile", metavar="VENDOR/MODEL", help="Read it by this profile, whatever is written down.")
@click.option("--source", metavar="NAME", help="Read --payload or --file as this source would.")
@click.option("--body", "whole", is_flag=True, help="Show the whole body as it was received, too.")
@JsonOption
def explain(  # noqa: PLR0917 - click passes parameters by name
    what: str | None,
    config_path: Path | None,
    last: int,
    topic: str | None,
    payload: str | None,
    file: Path | None,
    line: int,
    frame: str | None,
    port: int | None,
    profile: str | None,
    source: str | None,
    *,
    whole: bool,
    as_json: bool,
) -> None:
    """Show what became of a message, byte by byte, and how to mend it.

    WHAT is a device (its id, name or feature), or an intake number as `citygate rejected list` shows it. Works beside
    the running gateway and without it, for accepted and for rejected messages, and for a message that you paste.

    \b
    Examples:
        citygate explain a81758fffe0462b9
        citygate explain A-12 --last 3
        citygate explain 4711
        citygate explain --topic application/1/device/a81758fffe0462b9/event/up --payload -
        citygate explain --hex 0100e20229 --port 5 --profile elsys/ems
        citygate explain --file recording.ndjson.gz --line 12
    """
    config = _config(config_path, needed=what is not None)
    with mistakes_end_the_command():
        look = look_of(config)
    if profile is not None and profile not in look.catalogue.names:
        close = did_you_mean(profile, look.catalogue.names)
        own = "" if config is not None else "Your own are known with --config: profiles_dir stands in citygate.toml."
        fail(Exit.USAGE, f"there is no profile '{profile}'", f"{close} {own}".strip())
    given = sum(part is not None for part in (what, payload, file, frame))
    if given != 1:
        fail(Exit.USAGE, "say what to explain: one thing", "A device, an intake number, --payload, --hex or --file")
    if what is not None:
        assert config is not None
        found = _received(config, look, what, last)
    elif frame is not None:
        look, found = _frame(look, frame, port, profile)
    else:
        look, found = _pasted(look, _bodies(payload, file, topic, line), source)
    _show(look, found, profile, whole=whole, as_json=as_json)


def _config(config_path: Path | None, *, needed: bool) -> Config | None:
    """The config; None where none is needed and none is there."""
    path = find_config(config_path)
    if not needed and config_path is None and not path.exists():
        return None
    with mistakes_end_the_command():
        return load_config(path)


def _received(config: Config, look: Look, what: str, last: int) -> list[Found]:
    """Messages from the logs."""
    number = int(what.replace(",", "")) if _is_number(what, look) else 0
    with opened(config, "intake") as intake, opened(config, "ledger") as ledger:
        if number:
            one = by_number(intake, ledger, number)
            found = [one] if one is not None else []
            span = f"The intake holds {intake.oldest_number:,} to {intake.next_number - 1:,}."
            missing = (f"there is no message {number:,}", span)
        else:
            found = newest_of(intake, ledger, look.spellings(what), last)
            names = [device.id for device in look.knowledge.devices] + [d.feature for d in look.knowledge.devices]
            close = did_you_mean(what, names) if len(names) > 1 else ""
            missing = (f"nothing was received of '{what}'", close or "citygate inbox lists devices that are not known.")
    if not found:
        fail(Exit.FAILED, *missing)
    return [_with_bytes(config, one) for one in found]


def _is_number(what: str, look: Look) -> bool:
    plain = what.replace(",", "")
    return plain.isdigit() and len(plain) <= LONGEST_NUMBER and not look.knowledge.devices.records(what)


def _with_bytes(config: Config, found: Found) -> Found:
    """A message that the intake has given up may still be in the quarantine."""
    if found.received is not None:
        return found
    with quarantine(config) as kept:
        held = next((one for one in kept.show(found.number) if one.body is not None and not one.sink), None)
    if held is None or held.body is None:
        mend = f"Its outcome: citygate journal show ledger {found.revision}"
        fail(Exit.FAILED, f"the bytes of message {found.number:,} are not kept any more", mend)
    received = Received(held.source, held.topic, held.body, held.received_ns, 0, 0)
    return msgspec.structs.replace(found, received=received)


def _frame(look: Look, frame: str, port: int | None, profile: str | None) -> tuple[Look, list[Found]]:
    """Bare bytes, wrapped as a network server would."""
    if profile is None:
        fail(Exit.USAGE, "--hex needs --profile", "citygate inbox guesses profiles of devices that were heard.")
    try:
        payload = bytes.fromhex(frame.removeprefix("0x").replace(":", " "))
    except ValueError:
        fail(Exit.USAGE, "--hex is not hex", "Two digits a byte, such as 0100e20229.")
    from pipelines.dialects import write_uplink  # noqa: PLC0415 - only here

    now_ns = Clock().wall_ns()
    uplink = Uplink("0000000000000000", payload=payload, f_port=port, f_cnt=0, network_time_ns=now_ns)
    topic, body = write_uplink("chirpstack-v4", uplink)
    return look.speaking(BARE, "chirpstack-v4"), [Found(0, Received(BARE, topic, body, now_ns, 0, 0))]


def _bodies(payload: str | None, file: Path | None, topic: str | None, line: int) -> tuple[str, bytes]:
    """Topic and body as given by options."""
    if payload is not None:
        text = sys.stdin.buffer.read() if payload == "-" else payload.encode()
        return topic or "", text.strip()
    assert file is not None
    from gateway.sources.recording_file import open_recording  # noqa: PLC0415 - only here

    try:
        if topic is not None:
            return topic, file.read_bytes()
        with open_recording(file) as stream:
            raw = next(islice(stream, line - 1, None), None)
    except (OSError, EOFError) as error:
        words = getattr(error, "strerror", None) or str(error)
        fail(Exit.FAILED, f"{file} cannot be read: {words}", "A recording is NDJSON, plain, .gz or .zst.")
    if raw is None:
        fail(Exit.FAILED, f"{file} has no line {line}", "--line counts from 1.")
    return _recorded(raw) or ("", file.read_bytes().strip())


def _recorded(raw: bytes) -> tuple[str, bytes] | None:
    """A line of a recording; None for anything else."""
    from gateway.sources.recording_file import Line, body_of  # noqa: PLC0415 - only here

    try:
        line = msgspec.json.decode(raw, type=Line)
        return line.topic, body_of(line)
    except msgspec.DecodeError:
        return None


def _pasted(look: Look, message: tuple[str, bytes], source: str | None) -> tuple[Look, list[Found]]:
    """A pasted message, read as the source would, or as the first dialect that can."""
    topic, body = message
    now = Clock()
    received = Received(source or PASTED, topic, body, now.wall_ns(), now.monotonic_ns(), now.boot)
    if source is not None:
        if source not in look.knowledge.dialects:
            fail(Exit.USAGE, f"there is no source '{source}'", did_you_mean(source, look.names))
        return look, [Found(0, received)]
    for name in look.names:
        if isinstance(look.knowledge.dialects[name](topic, body), Uplink):
            return look, [Found(0, msgspec.structs.replace(received, source=name))]
    readers = readers_of(topic, body)
    return look.speaking(PASTED, readers[0] if readers else "plain-json"), [Found(0, received)]


def _show(look: Look, found: Sequence[Found], profile: str | None, *, whole: bool, as_json: bool) -> None:
    from gateway.cli.explain_screen import print_report  # noqa: PLC0415 - commands that print nothing stay light
    from gateway.explain.report import report_of  # noqa: PLC0415 - same

    reports = []
    for one in found:
        assert one.received is not None
        lens, seen = look, one
        uplink = look.uplink(one.received)
        if profile is not None and uplink is not None:
            lens, seen = look.pretending(uplink.device_id, profile), Found(one.number, one.received)
        report = report_of(seen, lens)
        if one.received.source == BARE:  # topic, time and place are not the device's own
            report = msgspec.structs.replace(report, facts=(), line_protocol="", open_topics=())
        reports.append(report)
    if as_json:
        print_json(reports)
        return
    for number, report in enumerate(reports):
        if number:
            click.echo("\n" + "─" * 40 + "\n")
        print_report(report, whole=whole)
