"""``citygate inbox …``: devices that speak and are not written down."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.rejected import quarantine
from gateway.cli.running import asker
from gateway.cli.screen import JsonOption, fail, mistakes_end_the_command, print_json, print_table
from gateway.config import Config
from gateway.control import ControlError, NotRunningError, ask
from gateway.explain.look import Look, look_of
from gateway.explain.mend import said
from gateway.inbox.accept import accept as write_down
from gateway.inbox.strangers import REASON, Stranger, strangers, uplinks_of
from pipelines.guess import Guess, guess


@click.group(epilog=EPILOGUE, invoke_without_command=True)
@click.pass_context
def inbox(ctx: click.Context) -> None:
    """Devices that were heard and are not written down: what they are, and take them in."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, config_path=None, as_json=False)


@inbox.command("list", epilog=EPILOGUE)
@config_option
@JsonOption
def list_(config_path: Path | None, *, as_json: bool) -> None:
    """List unknown devices, the last heard first, with the best guess of each.

    A guess is made from the payloads: which profile reads them, with every value plausible, and would not read noise.

    \b
    Examples:
        citygate inbox list
        citygate inbox list --json
    """
    config = open_config(config_path)
    look = _look(config)
    with quarantine(config) as kept:
        found, given_up = strangers(kept, look), kept.given_up().get(REASON, 0)
    if as_json:
        print_json([_facts(one) for one in found])
        return
    rows = [
        (one.device, f"{one.messages:,}", _when(one.last_heard_ns), _best(one), _says(one.guesses[:1])) for one in found
    ]
    headers = ("device", "#held", "last heard (UTC)", "probably", "says")
    print_table("", headers, rows, empty="The inbox is empty: every device that was heard is written down.")
    if found:
        click.echo(f"\nMore of one:  citygate inbox show {found[0].device}", err=True)
    if given_up:
        click.echo(f"{given_up:,} older messages were given up: quota_bytes of the quarantine is full.", err=True)


@inbox.command(epilog=EPILOGUE)
@click.argument("device")
@config_option
@JsonOption
def show(device: str, config_path: Path | None, *, as_json: bool) -> None:
    """Show one unknown device: every guess, what it would say, and the command that takes it in.

    \b
    Example:
        citygate inbox show a81758fffe0462b9
    """
    config = open_config(config_path)
    look = _look(config)
    one = _stranger(config, look, device)
    if as_json:
        print_json(_facts(one))
        return
    click.echo(f"{one.device}, {one.messages:,} held, {_when(one.first_heard_ns)} to {_when(one.last_heard_ns)} UTC")
    click.echo(f"source {one.source}, topic {one.topic}\n")
    rows = [
        (claim.profile, claim.word, f"{claim.score:.2f}", f"{claim.read}/{claim.looked_at}", said(claim, 6))
        for claim in one.guesses
    ]
    print_table("", ("profile", "", "#score", "#read", "would say"), rows, empty="No profile reads what it sends.")
    click.echo(f"\nByte by byte:  citygate explain {one.newest}{_by(one)}")
    click.echo(f"Take it in:    {_command(one)}")


@inbox.command(epilog=EPILOGUE)
@click.argument("device")
@config_option
@click.option("--profile", metavar="VENDOR/MODEL", help="The model. Default: the guess, where it is a likely one.")
@click.option("--feature", required=True, metavar="TYPE/NAME", help="What it observes, such as parking-spot/A-12.")
@click.option("--pilot", metavar="ID", help="The pilot it belongs to. Default: the only one there is.")
@click.option("--name", metavar="TEXT", help="What people call it.")
@click.option("--area", metavar="TEXT", help="The quarter or street.")
@click.option("--latitude", type=float, metavar="DEG", help="WGS 84 degrees, such as 51.0259.")
@click.option("--longitude", type=float, metavar="DEG", help="WGS 84 degrees, such as 4.4777.")
@click.option("--yes", "-y", is_flag=True, help="Also where the profile reads nothing of what is held.")
@JsonOption
def accept(
    device: str,
    config_path: Path | None,
    pilot: str | None,
    profile: str | None,
    *,
    yes: bool,
    as_json: bool,
    **more: Any,
) -> None:
    """Write a device down and take in all that is held of it, with the times it had.

    Writes a [[device]] into devices/PILOT.toml; comments and order of that file stay. A running gateway takes it in at
    once; without one, the command says what to type later.

    \b
    Examples:
        citygate inbox accept a81758fffe0462b9 --profile elsys/ems --feature air-station/A-1 --pilot air-delft
        citygate inbox accept 24e124713c140001 --feature waste-container/14 --latitude 51.0259 --longitude 4.4777
    """
    config = open_config(config_path)
    look = _look(config)
    one = _stranger(config, look, device)
    profile = profile or _likely(one)
    if not yes and profile in look.catalogue.names:
        _must_read(config, one, look, profile)
    values = {"id": one.device, "profile": profile, "pilot": pilot or _only_pilot(config), **more}
    with mistakes_end_the_command():
        try:
            path = write_down(config, look, values)
        except OSError as error:
            fail(Exit.FAILED, f"the device cannot be written: {error}", "Run the command as the files' owner.")
    done = _taken_in(config, one)
    if as_json:
        print_json({"device": one.device, "profile": profile, "file": str(path), **done})
        return
    click.echo(f"Wrote {one.device} as {more['feature']} into {path}.")
    _say(one, done)


def _look(config: Config) -> Look:
    with mistakes_end_the_command():
        return look_of(config)


def _stranger(config: Config, look: Look, device: str) -> Stranger:
    with quarantine(config) as kept:
        found = strangers(kept, look, device)
    if not found:
        records = look.knowledge.devices.records(device)
        if records:
            mend = f"It is {records[0].feature} of {records[0].pilot}. What became of it: citygate explain {device}"
            fail(Exit.FAILED, f"{device} is written down already", mend)
        fail(Exit.FAILED, f"nothing is held of '{device}'", "citygate inbox list names those that were heard.")
    return found[0]


def _likely(one: Stranger) -> str:
    if not one.guesses or one.guesses[0].word != "likely":
        listed = ", ".join(claim.profile for claim in one.guesses) or "none reads what it sends"
        fail(Exit.USAGE, "say which model it is, with --profile", f"Possible: {listed}")
    return one.guesses[0].profile


def _must_read(config: Config, one: Stranger, look: Look, profile: str) -> None:
    """A profile that reads nothing of what is held, while another one does, is nearly always the wrong one."""
    with quarantine(config) as kept:
        reads = guess({profile: look.catalogue.profiles[profile]}, uplinks_of(kept, look, one.device))
    if not reads and one.guesses:
        best = one.guesses[0]
        mend = f"{best.profile} does ({said(best)}). To write {profile} all the same, add --yes."
        fail(Exit.MISTAKES, f"{profile} reads nothing of what {one.device} sends", mend)


def _only_pilot(config: Config) -> str:
    pilots = sorted(path.stem for path in config.gateway.pilots_dir.glob("*.toml"))
    if len(pilots) != 1:
        listed = ", ".join(pilots) or "none yet"
        fail(Exit.USAGE, "say to which pilot it belongs, with --pilot", f"There are: {listed}")
    return pilots[0]


def _taken_in(config: Config, one: Stranger) -> dict[str, Any]:
    """Ask the running gateway to read its files again and to refine what is held once more."""
    report: dict[str, Any] = {"running": True}
    try:
        asked = ask(config.control_socket, "rejected_retry", within_s=None, device=one.device, by=asker())
        for reply in asked:
            report |= reply
    except NotRunningError:
        return {"running": False}
    except ControlError as error:
        fail(Exit.FAILED, f"the device is written, but the gateway did not take it in: {error}", error.mend)
    return report


def _say(one: Stranger, done: Mapping[str, Any]) -> None:
    retry = f"citygate rejected retry --device {one.device}"
    if not done["running"]:
        click.echo(f"The gateway is not running. Once it runs, take in what is held:\n    {retry}")
        return
    taken, looked_at = int(done.get("changed", 0)), int(done.get("refined", 0))
    click.echo(f"{taken:,} of {looked_at:,} held messages taken in, since {_when(one.first_heard_ns)} UTC.")
    if taken < looked_at:
        click.echo(f"{looked_at - taken:,} are still not understood; why:\n    citygate explain {one.device} --last 3")


def _facts(one: Stranger) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.structs.asdict(one)
    facts["guesses"] = [msgspec.structs.asdict(claim) | {"word": claim.word} for claim in one.guesses]
    return facts


def _best(one: Stranger) -> str:
    return f"{one.guesses[0].profile} ({one.guesses[0].word})" if one.guesses else "?"


def _says(guesses: Sequence[Guess]) -> str:
    return said(guesses[0], 3) if guesses else "no profile reads it"


def _by(one: Stranger) -> str:
    return f" --profile {one.guesses[0].profile}" if one.guesses else ""


def _command(one: Stranger) -> str:
    profile = one.guesses[0].profile if one.guesses else "VENDOR/MODEL"
    return f"citygate inbox accept {one.device} --profile {profile} --feature TYPE/NAME --pilot PILOT"


def _when(instant_ns: int) -> str:
    return f"{datetime.fromtimestamp(instant_ns // 1_000_000_000, tz=UTC):%Y-%m-%d %H:%M}"
