"""``citygate rejected …``: what was not understood, or refused by a server; why; and once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Error as SqliteError
from typing import get_args

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.running import asker, replies
from gateway.cli.screen import JsonOption, fail, followed, print_json, print_table
from gateway.config import Config
from gateway.sinks.quarantine.read import Quarantine, QuarantinedEntry
from gateway.sinks.quarantine.settings import QuarantineSettings
from pipelines.model import RejectReason

SHOWN_BODY_BYTES = 4_000
FILE_NAME = "quarantine.sqlite"
REFUSED = "refused"
"""Stands among the reasons for what was understood, but a sink's server would not take."""

reason_option = click.option(
    "--reason",
    type=click.Choice([*get_args(RejectReason), REFUSED]),
    metavar="REASON",
    help="Only this reason, e.g. unknown_device.",
)
device_option = click.option("--device", metavar="ID", help="Only this device.")


@click.group(epilog=EPILOGUE)
def rejected() -> None:
    """See what was not understood or refused, why, and try it again after mending."""


@contextmanager
def quarantine(config: Config) -> Iterator[Quarantine]:
    """The quarantine of this gateway. Ends the command where there is none."""
    settings = next(sink.settings for sink in config.sinks.values() if isinstance(sink.settings, QuarantineSettings))
    file = settings.path or config.gateway.state_dir / FILE_NAME
    try:
        with Quarantine(file) as found:
            yield found
    except FileNotFoundError:
        fail(Exit.FAILED, f"there is no quarantine yet ({file})", "The gateway makes it when it first runs.")
    except SqliteError as error:
        fail(Exit.FAILED, f"{file} cannot be read: {error}", "Run the command as the gateway's user, or with sudo.")


@rejected.command("list", epilog=EPILOGUE)
@config_option
@reason_option
@device_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many.")
@click.option("--by-device", is_flag=True, help="One line per device and reason: the inbox of unknown devices.")
@JsonOption
def list_(
    config_path: Path | None, reason: str | None, device: str | None, *, limit: int, by_device: bool, as_json: bool
) -> None:
    """List what is held, newest first.

    A message is held when it was not understood (its bytes are kept with the reason), or when a server refused it.

    \b
    Examples:
        citygate rejected list
        citygate rejected list --by-device --reason unknown_device
        citygate rejected list --device a81758fffe0462b9 --json
    """
    config = open_config(config_path)
    with quarantine(config) as found:
        if by_device:
            _list_devices(found, reason, as_json=as_json)
            return
        entries = found.entries(reason, device, limit=limit)
        total = sum(found.by_reason().values())
    if as_json:
        print_json([msgspec.structs.asdict(entry) for entry in entries])
        return
    rows = [
        (str(entry.number), _when(entry.received_ns), entry.reason, entry.device, entry.source, entry.detail[:100])
        for entry in entries
    ]
    print_table("", ("#number", "received", "reason", "device", "source", "detail"), rows, empty="Nothing is held.")
    if total > len(entries):
        click.echo(f"{len(entries)} of {total:,} shown; --limit shows more.", err=True)


def _list_devices(found: Quarantine, reason: str | None, *, as_json: bool) -> None:
    summaries = found.by_device(reason)
    if as_json:
        print_json(summaries)
        return
    rows = [
        (row.device, row.reason, f"{row.entries:,}", _when(row.first_seen_ns), _when(row.last_seen_ns), str(row.newest))
        for row in summaries
    ]
    headers = ("device", "reason", "#messages", "first", "last", "#newest")
    print_table("", headers, rows, empty="Nothing is held of any device.")


@rejected.command(epilog=EPILOGUE)
@click.argument("number", type=click.IntRange(min=1))
@config_option
@JsonOption
def show(number: int, config_path: Path | None, *, as_json: bool) -> None:
    """Show everything about one message: its reason, its bytes, a server's own words.

    NUMBER is the message's intake number, as `citygate rejected list` shows it.

    \b
    Example:
        citygate rejected show 4711
    """
    config = open_config(config_path)
    with quarantine(config) as found:
        entries = found.show(number)
    if not entries:
        hint = f"citygate journal show intake {number} shows it as received."
        fail(Exit.FAILED, f"nothing is held of message {number}", hint)
    shown = [_facts(entry) for entry in entries]
    if as_json:
        print_json(shown)
        return
    for facts in shown:
        for name, value in facts.items():
            click.echo(f"{name:<14} {value}")
        click.echo()


def _facts(entry: QuarantinedEntry) -> dict[str, object]:
    facts = {name: value for name, value in msgspec.structs.asdict(entry).items() if value not in ("", None, 0)}
    facts["received"] = _when(facts.pop("received_ns", 0))
    if entry.body is not None:
        facts["body"] = _text(entry.body)
    return facts


def _text(body: bytes) -> str:
    head = body[:SHOWN_BODY_BYTES]
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = "hex " + head.hex()
    text = "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return text + (f" … {len(body):,} bytes in all" if len(body) > SHOWN_BODY_BYTES else "")


def _when(instant_ns: int) -> str:
    return f"{datetime.fromtimestamp(instant_ns // 1_000_000_000, tz=UTC):%Y-%m-%d %H:%M:%S}"


@rejected.command(epilog=EPILOGUE)
@click.argument("numbers", nargs=-1, type=click.IntRange(min=1))
@config_option
@reason_option
@device_option
@click.option("--all", "everything", is_flag=True, help="Everything that is held.")
@JsonOption
def retry(
    numbers: tuple[int, ...],
    config_path: Path | None,
    reason: str | None,
    device: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Try again what was rejected or refused, after what was wrong is mended.

    That may be the device's file, its profile, its codec, or the server. What is understood now is delivered with the
    time it had; the rest stays where it is.

    \b
    Examples:
        citygate rejected retry 4711 4712
        citygate rejected retry --device a81758fffe0462b9
        citygate rejected retry --reason unknown_device
        citygate rejected retry --reason refused
    """
    if not (numbers or reason or device or everything):
        fail(Exit.USAGE, "say what to retry", "NUMBERS, --device ID, --reason REASON or --all")
    config = open_config(config_path)
    question = {"numbers": list(numbers) or None, "reason": reason, "device": device, "by": asker()}
    asked = {name: value for name, value in question.items() if value}
    report = followed(replies(config, "rejected_retry", within_s=None, **asked))
    if as_json:
        print_json(report)
    refined, changed = report.get("refined", 0), report.get("changed", 0)
    if not refined:
        fail(Exit.MISTAKES, "nothing matched", "citygate rejected list shows what is held.")
    if not as_json:
        click.echo(f"{refined} refined again, {changed} with another outcome than before.")
