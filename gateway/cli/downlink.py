"""``citygate downlink``: ask a device to do something, and see how it goes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import Seconds, config_option, open_config
from gateway.cli.running import asker, replies
from gateway.cli.screen import JsonOption, fail, local_time, print_json, print_table
from gateway.downlinks.facts import MEANING

ANSWER_WITHIN_S = 90.0
"""The gateway may look for the device's last message for 20 s, and wait for the broker for 30."""
BADLY = {"uncertain", "refused", "failed", "expired"}


@click.command(epilog=EPILOGUE, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("device")
@click.pass_context
@config_option
@click.option("--set", "given", multiple=True, metavar="FIELD=VALUE", help="What to set; several for one command.")
@click.option("--for", "open_s", type=Seconds(), metavar="TIME", help="How long a valve may be open: 10m, 90s, 1h.")
@click.option("--within", "valid_s", type=Seconds(), metavar="TIME", help="Too late after that; 24h, for a valve 1h.")
@click.option(
    "--wait", "wait_s", type=Seconds(), default="0", metavar="TIME", help="Stay and see how it goes, so long."
)
@click.option("--again", is_flag=True, help="Send it although the same is on its way already.")
@click.option("--dry-run", is_flag=True, help="Show bytes, port, topic and message; send nothing.")
@JsonOption
def downlink(  # noqa: PLR0917 - click passes parameters by name
    ctx: click.Context,
    device: str,
    config_path: Path | None,
    given: tuple[str, ...],
    open_s: float | None,
    valid_s: float | None,
    wait_s: float,
    *,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Ask a device for a setting, or move its valve.

    DEVICE is an id, a name or a feature; alone it shows what the device understands. --FIELD VALUE is short for
    --set FIELD=VALUE. The running gateway sends it through the source that heard the device last. A device of class A
    listens only after its own next message: it may take an hour, and the answer comes with the message after that.

    A valve needs a permission in the pilot's file (what = "valve") and is opened for a time only. Where the device has
    no timer of its own the gateway closes it, also after a restart.

    \b
    Examples:
        citygate downlink 24e124136b502217
        citygate downlink 24e124136b502217 --set report_interval=20m --dry-run
        citygate downlink 24e124136b502217 --report_interval 20m --wait 5m
        citygate downlink park-valve-3 --set valve_1=open --for 15m
        citygate downlink park-valve-3 --set valve_1=closed
    """
    config = open_config(config_path)
    question: dict[str, Any] = {
        "device": device,
        "set": _fields([*given, *_short(ctx.args)]),
        "open_s": open_s,
        "valid_s": valid_s,
        "wait_s": wait_s,
        "by": asker(),
        "dry_run": dry_run,
        "again": again,
    }
    last: Mapping[str, Any] = {}
    for reply in replies(config, "downlink", within_s=ANSWER_WITHIN_S + wait_s, **question):
        if as_json:
            last = {**last, **reply}
            continue
        if "understands" in reply:
            _show_what_it_understands(reply)
        elif not last:
            _show_message(reply, dry_run=dry_run)
        else:
            _show_steps(reply["steps"][len(last["steps"]) :])
        last = reply
    if as_json:
        print_json(last)
    if last.get("state") in BADLY:
        raise SystemExit(Exit.FAILED)


def _short(args: Sequence[str]) -> list[str]:
    """``["--report_interval", "20m"]`` → ``["report_interval=20m"]``; ends the command where a word is left over."""
    fields, waiting = [], ""
    for word in args:
        if waiting and not word.startswith("--"):
            fields.append(f"{waiting}={word}")
            waiting = ""
        elif not waiting and word.startswith("--") and word != "--":
            waiting = word.removeprefix("--")
            if "=" in waiting:
                fields.append(waiting)
                waiting = ""
        else:
            waiting = waiting or word
            break
    if waiting:
        fail(Exit.USAGE, f"{waiting}: neither an option nor a value of one", "Write --FIELD VALUE after the device.")
    return fields


def _fields(given: Sequence[str]) -> dict[str, str]:
    """``("report_interval=20m",)`` → a mapping; ends the command where one is written wrong."""
    fields: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name or not value.strip():
            fail(Exit.USAGE, f"--set {word}: no value", "Write --set FIELD=VALUE, such as --set report_interval=20m")
        if name in fields:
            fail(Exit.USAGE, f"--set {name} is given twice", "Send them one after the other.")
        fields[name.strip()] = value.strip()
    return fields


def _show_what_it_understands(reply: Mapping[str, Any]) -> None:
    rows = []
    for command in reply["understands"]:
        for number, field in enumerate(command["fields"]):
            title = command["title"] + (" (needs a permission)" if command["valve"] else "")
            default = "" if field["default"] is None else f" [{field['default']}]"
            rows.append((field["field"], field["takes"] + default, title if not number else field["title"]))
    empty = f"{reply['device']} understands nothing: its profile {reply['profile']} has no downlinks."
    print_table(f"{reply['device']}, {reply['profile']}", ("field", "takes", "what it does"), rows, empty=empty)


def _show_message(reply: Mapping[str, Any], *, dry_run: bool) -> None:
    values = ", ".join(f"{name}={value}" for name, value in reply["values"].items())
    click.echo(f"{'device':<9} {reply['device']}")
    click.echo(f"{'command':<9} {reply['downlink']}: {reply['title']}")
    click.echo(f"{'values':<9} {values}")
    if reply["opens_s"]:
        click.echo(f"{'closes':<9} after {reply['opens_s'] / 60:g} min, by the {reply['closed_by']}")
    click.echo(f"{'bytes':<9} {reply['payload']} on port {reply['f_port']}")
    click.echo(f"{'topic':<9} {reply['topic']} ({reply['network']}, source {reply['source']})")
    click.echo(f"{'message':<9} {reply['message']}")
    for note in reply["notes"]:
        click.echo(f"{'note':<9} {note}")
    if dry_run:
        click.echo("nothing was sent")
        return
    click.echo(f"{'number':<9} {reply['number']}")
    _show_steps(reply["steps"])


def _show_steps(steps: Sequence[Mapping[str, Any]]) -> None:
    for step in steps:
        said = f": {step['said']}" if step["said"] else ""
        click.echo(f"{step['state']:<12} {local_time(step['at'])}  {MEANING[step['state']]}{said}")
