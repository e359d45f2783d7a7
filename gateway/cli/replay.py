"""``citygate replay``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import Instant, config_option, nanoseconds, open_config
from gateway.cli.running import asker, replies
from gateway.cli.screen import JsonOption, fail, followed, mistakes_end_the_command, print_json, print_table
from gateway.config import Config

SHOWN_RECORDS = 20


@click.command(epilog=EPILOGUE)
@config_option
@click.option(
    "--since", type=Instant(), metavar="TIME", help="From what was received at this time: 2h, 3d, 2027-01-31."
)
@click.option("--from", "first", type=click.IntRange(min=1), metavar="N", help="From this intake number.")
@click.option(
    "--to", "last", type=click.IntRange(min=1), metavar="N", help="To this intake number. Default: the newest."
)
@click.option("--device", metavar="DEVICE", help="Only this one, by id, name or feature.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--history", "past", is_flag=True, help="Show the replays of the past: who, when, what changed.")
@JsonOption
def replay(
    config_path: Path | None,
    since: datetime | None,
    first: int | None,
    last: int | None,
    device: str | None,
    *,
    dry_run: bool,
    past: bool,
    as_json: bool,
) -> None:
    """Refine what was received once more, with today's devices, profiles and codecs.

    Use it after a device was written down, a profile mended or a calibration corrected: the bytes are still here.
    Look first with --dry-run. The outcomes are delivered again, as corrections; values that are no more are taken
    back. Asking twice does no harm, and the gateway goes on receiving. Each replay leaves a record (--history).

    \b
    Examples:
        citygate replay --since 2d --dry-run
        citygate replay --since 2027-01-31 --device a81758fffe0462b9
        citygate replay --from 120000 --to 121000
        citygate replay --history
    """
    if past:
        _show_history(open_config(config_path), as_json=as_json)
        return
    if (since is None) == (first is None):
        fail(Exit.USAGE, "say from where, with --since or with --from", "For example: citygate replay --since 2h")
    if first is not None and last is not None and last < first:
        fail(Exit.USAGE, f"--to {last:,} is before --from {first:,}", "Numbers count up: --from the older one.")
    config = open_config(config_path)
    device = _meant(config, device) if device is not None else None
    question = {
        "since_ns": nanoseconds(since) if since else None,
        "first": first,
        "last": last,
        "device": device,
        "dry_run": dry_run,
        "by": asker(),
    }
    asked = {name: value for name, value in question.items() if value is not None}
    final = followed(replies(config, "replay", within_s=None, **asked))
    if as_json:
        print_json(final)
    else:
        _show(final)
        if device is not None and not final["refined"]:
            click.echo(f"\nNothing of '{device}' is in this span. citygate devices list shows ids.", err=True)


def _meant(config: Config, given: str) -> str:
    """The id that a person means; a device that nobody has written down keeps the id that was typed."""
    from gateway.explain.look import look_of  # noqa: PLC0415 - the catalogue is read only where a device is named
    from gateway.files.devices import canonical_id  # noqa: PLC0415 - same

    with mistakes_end_the_command():
        look = look_of(config)
    known = [one for one in look.spellings(given) if look.knowledge.devices.records(one)]
    if len({look.knowledge.devices.records(one)[0].id for one in known}) > 1:
        fail(Exit.USAGE, f"'{given}' names {len(known)} devices: {', '.join(known)}", "Give the id of one.")
    return look.knowledge.devices.records(known[0])[0].id if known else canonical_id(given)


def _show(final: Mapping[str, Any]) -> None:
    """What a replay did, or would do."""
    span = f"messages {final['first']:,} to {final['last']:,}" if final["first"] <= final["last"] else "no message"
    what = "Dry run, nothing is changed" if final.get("dry_run") else "Replayed"
    click.echo(f"{what}: {span}, {final['refined']:,} looked at, {final['changed']:,} with another outcome.")
    for turn, count in final["outcomes"].items():
        click.echo(f"    {count:,} {turn}")
    properties: Mapping[str, Mapping[str, int]] = final["properties"]
    rows = [
        (name, *(f"{tally[sort]:,}" for sort in ("same", "changed", "appeared", "vanished", "requalified")))
        for name, tally in sorted(properties.items())
    ]
    click.echo()
    headers = ("property", "#same", "#changed", "#new", "#gone", "#only quality")
    print_table("", headers, rows, empty="No values, before or after.")
    if final["retracted"]:
        would = "would be" if final.get("dry_run") else "are"
        click.echo(f"\n{final['retracted']:,} values {would} taken back: marked retracted at every sink.")
    if final.get("samples"):
        _show_samples(final["samples"])
    if final.get("dry_run") and final["changed"]:
        click.echo("\nTo do it: the same command without --dry-run.", err=True)


def _show_samples(samples: Sequence[Mapping[str, Any]]) -> None:
    from gateway.explain.report import instant  # noqa: PLC0415 - only here

    words = {"appeared": "new", "vanished": "gone", "requalified": "quality"}
    rows = [
        (
            one["property"],
            words.get(one["sort"], one["sort"]),
            _value(one["before"], one["before_quality"]),
            _value(one["after"], one["after_quality"]),
            one["device"],
            instant(one["time_ns"]).removesuffix(" UTC"),
        )
        for one in sorted(samples, key=lambda one: (one["property"], one["sort"], one["time_ns"]))
    ]
    click.echo()
    print_table("", ("for example", "", "#before", "#after", "device", "at (UTC)"), rows, empty="")


def _value(value: object, quality: str) -> str:
    if value is None:
        return "none"
    shown = (
        f"{value:.6g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
    )
    return shown if quality in ("ok", "") else f"{shown} {quality}"


def _show_history(config: Config, *, as_json: bool) -> None:
    from gateway.replays import history  # noqa: PLC0415 - only here

    try:
        records = history(config.gateway.state_dir, SHOWN_RECORDS)
    except OSError as error:
        fail(
            Exit.FAILED, f"the record of replays cannot be read: {error}", "Run it as the gateway's user, or with sudo."
        )
    if as_json:
        print_json(records)
        return
    rows = [
        (
            one.at.replace("T", " ").removesuffix("Z"),
            one.by,
            one.kind,
            f"{one.first:,} to {one.last:,}",
            one.device or one.reason or "all",
            f"{one.refined:,}",
            f"{one.changed:,}",
            f"{one.retracted:,}",
            "" if one.ended == "complete" else one.ended,
        )
        for one in records
    ]
    headers = ("at (UTC)", "by", "what", "messages", "of", "#looked at", "#changed", "#taken back", "")
    print_table("", headers, rows, empty="Nothing was replayed yet.")
