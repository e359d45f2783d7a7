"""``citygate journal …``: look at the two logs. Reads only, also while the gateway runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.screen import JsonOption, fail, print_json, print_table, progress
from gateway.config import Config
from gateway.journal.log import Log
from gateway.journal.tail import Entry
from gateway.journal.view import LogView
from gateway.sizes import readable_bytes

LOGS = ("intake", "ledger")
SHOWN_BODY_BYTES = 2_000

log_argument = click.argument("log", type=click.Choice(LOGS))


@click.group(epilog=EPILOGUE)
def journal() -> None:
    """Look into the two logs: the intake (as received) and the ledger (what became of it)."""


@contextmanager
def opened(config: Config, name: str) -> Iterator[LogView]:
    """A log for reading. Ends the command where there is none, or none that can be read."""
    folder = config.gateway.state_dir / name
    if not folder.is_dir():
        fail(
            Exit.FAILED, f"there is no {name} in {config.gateway.state_dir}", "The gateway makes it when it first runs."
        )
    try:
        view = Log.open_readonly(folder, name=name)
    except OSError as error:
        fail(Exit.FAILED, f"the {name} cannot be read: {error}", "Run the command as the gateway's user, or with sudo.")
    try:
        yield view
    finally:
        view.close()


@journal.command(epilog=EPILOGUE)
@config_option
@JsonOption
def stat(config_path: Path | None, *, as_json: bool) -> None:
    """Show sizes and numbers of both logs, without reading entries.

    "set aside" are bytes that could not be understood after a crash; they are kept, never deleted.

    \b
    Example:
        citygate journal stat
    """
    config = open_config(config_path)
    facts = []
    for name in LOGS:
        with opened(config, name) as view:
            facts.append(view.stat())
    if as_json:
        print_json(facts)
        return
    quotas = {"intake": config.intake.quota_bytes, "ledger": config.ledger.quota_bytes}
    rows = [
        (
            log.name,
            f"{log.oldest_number:,}",
            f"{log.next_number - 1:,}",
            readable_bytes(log.size_bytes),
            f"{100 * log.size_bytes / quotas[log.name]:.0f} %",
            f"{len(log.segments)}",
            f"{sum(segment.compressed for segment in log.segments)}",
            readable_bytes(log.quarantine_bytes),
        )
        for log in facts
    ]
    headers = ("log", "#oldest", "#newest", "#size", "#of quota", "#segments", "#compressed", "#set aside")
    print_table("", headers, rows, empty="")


@journal.command(epilog=EPILOGUE)
@log_argument
@click.argument("number", type=click.IntRange(min=1))
@config_option
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 1000), help="How many entries.")
@JsonOption
def show(log: str, number: int, config_path: Path | None, *, count: int, as_json: bool) -> None:
    """Show entries of a log by number.

    Intake numbers stand in `citygate rejected list`; a ledger entry names its intake number as `of`.

    \b
    Examples:
        citygate journal show intake 4711
        citygate journal show ledger 100 --count 20 --json
    """
    config = open_config(config_path)
    with opened(config, log) as view:
        entries = view.read(number, max_entries=count, upto=number + count - 1)
        if not entries:
            span = f"{view.oldest_number:,} to {view.next_number - 1:,}"
            fail(Exit.FAILED, f"the {log} has no entry {number:,}", f"It holds {span}, some of it maybe purged.")
    shown = [_readable(log, entry) for entry in entries]
    if as_json:
        print_json(shown)
        return
    for facts in shown:
        for name, value in facts.items():
            click.echo(f"{name:<14} {value}")
        click.echo()


def _readable(log: str, entry: Entry) -> dict[str, object]:
    """An entry for people: text as text, other bytes in hex, times in UTC."""
    from gateway.ingest import decode_received  # noqa: PLC0415 - a newer version's entry must not break the others
    from gateway.progress import decode_ledger  # noqa: PLC0415 - same

    try:
        decoded = decode_received(entry.payload) if log == "intake" else decode_ledger(entry.payload)
    except msgspec.DecodeError as error:
        return {"number": entry.number, "unreadable": str(error), "bytes": entry.payload[:SHOWN_BODY_BYTES].hex()}
    facts: dict[str, object] = {"number": entry.number, "entry": type(decoded).__name__}
    for name in decoded.__struct_fields__:
        value = getattr(decoded, name)
        if value not in ("", b"", None, ()):
            facts[name] = _cell(name, value)
    return facts


def _cell(name: str, value: object) -> object:
    if isinstance(value, bytes):
        head = value[:SHOWN_BODY_BYTES]
        try:
            text = head.decode()
        except UnicodeDecodeError:
            text = ""
        shown = text if text.isprintable() and name == "body" else head.hex()
        return shown + (f" … {len(value):,} bytes in all" if len(value) > SHOWN_BODY_BYTES else "")
    if name.endswith("_ns") and isinstance(value, int) and name != "monotonic_ns":
        return datetime.fromtimestamp(value / 1e9, tz=UTC).isoformat(timespec="milliseconds")
    return (
        msgspec.to_builtins(value, enc_hook=str, builtin_types=(bytes,)) if not isinstance(value, tuple) else str(value)
    )


@journal.command(epilog=EPILOGUE)
@config_option
@click.option("--log", "only", type=click.Choice(LOGS), help="Only this log. Default: both.")
@JsonOption
def verify(config_path: Path | None, only: str | None, *, as_json: bool) -> None:
    """Read every byte of the logs and check it.

    One damaged bit costs at most one entry; what is damaged is counted here and never given to anybody as a value.
    Exit code 1 when entries are lost.

    \b
    Example:
        citygate journal verify --log intake
    """
    config = open_config(config_path)
    results = []
    for name in (only,) if only else LOGS:
        with opened(config, name) as view, progress(f"reading the {name}", None):
            try:
                results.append(view.verify())
            except OSError as error:
                fail(Exit.FAILED, f"the {name} cannot be read: {error}", "Try again; the gateway may be rewriting it.")
    if as_json:
        print_json(results)
    else:
        rows = [
            (check.name, f"{check.entries:,}", f"{check.corrupt_entries:,}", f"{check.damaged_parts:,}")
            for check in results
        ]
        print_table("", ("log", "#readable", "#lost", "#harmless damage"), rows, empty="")
    if any(check.corrupt_entries for check in results):
        click.echo("Entries are lost: the storage returned other bytes than were written. Replace it soon.", err=True)
        raise SystemExit(Exit.MISTAKES)
