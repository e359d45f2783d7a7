"""``citygate startup …``: accounts for those who build on the city's open topics."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, now
from gateway.cli.screen import JsonOption, fail, print_json, print_table
from gateway.cli.startup_desk import Desk
from gateway.cli.startup_usage import usage
from gateway.files.mistakes import did_you_mean
from gateway.startups.accounts import Account, AccountError
from gateway.startups.holding import Held, lets_take_over, taken_names
from gateway.startups.tiers import ALL_PILOTS
from pipelines.open_data.channels import TIERS, Tier

DAY = click.DateTime(["%Y-%m-%d"])


@click.group(epilog=EPILOGUE)
def startup() -> None:
    """Accounts of start-ups on the open broker: who may read what, until when.

    The broker's folder is `broker_dir` of `[startups]` in citygate.toml, made by
    `citygate broker setup DIR --for startups`. Run these commands as who owns that folder.
    """


@startup.command(epilog=EPILOGUE)
@click.argument("name", metavar="NAME")
@click.option(
    "--tier",
    type=click.Choice(TIERS),
    required=True,
    help="public: hours and days · startup: also states, events, quarters of an hour · partner: every observation.",
)
@click.option(
    "--pilot", "pilots", multiple=True, required=True, metavar="ID", help="Pilot it may read, or all. Repeat."
)
@click.option("--expires", type=DAY, metavar="DAY", help="Last day on which it works (UTC). Default: none.")
@config_option
def add(name: str, tier: Tier, pilots: tuple[str, ...], expires: datetime | None, config_path: Path | None) -> None:
    """Make an account and show its password, once.

    One account is one connection: give each program of a start-up its own, such as acme-app and acme-test.

    \b
    Examples:
        citygate startup add acme --tier startup --pilot parking-mechelen --expires 2027-12-31
        citygate startup add university --tier partner --pilot air-mechelen --pilot noise-mechelen
    """
    desk = Desk(config_path)
    for each in pilots:
        if each != ALL_PILOTS and each not in desk.pilots:
            fail(
                Exit.MISTAKES, f"there is no pilot '{each}'", did_you_mean(each, desk.pilots) or "Write its file first."
            )
    with desk.changing() as accounts:
        if name in taken_names(desk.folder, accounts):
            raise AccountError(f"'{name}' is an account of the broker itself", "Choose another name.")
        day = expires.date() if expires else None
        account, password = accounts.add(name, tier, tuple(sorted(set(pilots))), expires=day, now=now())
        held = desk.hold(accounts, {name: password})
    _show_once(account, password, desk.readable(account))
    _tell(held)
    if lets_take_over(desk.folder):
        click.echo(
            "warning: on this broker a client can end the session of another by its id. Give start-ups their own:"
            " citygate broker setup DIR --for startups",
            err=True,
        )


@startup.command(epilog=EPILOGUE)
@click.argument("name", metavar="NAME")
@click.option("--expires", type=DAY, metavar="DAY", help="A new last day (UTC).")
@config_option
def rotate(name: str, expires: datetime | None, config_path: Path | None) -> None:
    """Give an account a new password, shown once; the old one is void at once.

    To change over without a gap, add a second account, and revoke the first when the program has moved.

    \b
    Examples:
        citygate startup rotate acme
        citygate startup rotate acme --expires 2028-12-31
    """
    desk = Desk(config_path)
    with desk.changing() as accounts:
        account, password = accounts.rotate(name, expires=expires.date() if expires else None, now=now())
        held = desk.hold(accounts, {name: password})
    _show_once(account, password, desk.readable(account))
    _tell(held)


@startup.command(epilog=EPILOGUE)
@click.argument("name", metavar="NAME")
@config_option
def revoke(name: str, config_path: Path | None) -> None:
    """Close an account for good; whoever is connected with it is thrown out.

    \b
    Examples:
        citygate startup revoke acme
    """
    desk = Desk(config_path)
    with desk.changing() as accounts:
        accounts.revoke(name, now=now())
        held = desk.hold(accounts)
    click.echo(f"{name} is revoked.")
    _tell(held)


@startup.command(epilog=EPILOGUE)
@config_option
def apply(config_path: Path | None) -> None:
    """Take expired accounts out of the broker, and follow changes of pilots; for a timer.

    \b
    Examples:
        citygate startup apply
    """
    desk = Desk(config_path)
    with desk.changing() as accounts:
        held = desk.hold(accounts)
    counts = [one.standing(now().date()) for one in accounts.by_name.values()]
    click.echo(", ".join(f"{counts.count(word)} {word}" for word in ("active", "expired", "revoked")) + ".")
    _tell(held)


@startup.command("list", epilog=EPILOGUE)
@config_option
@JsonOption
def list_(config_path: Path | None, *, as_json: bool) -> None:
    """Every account, with its tier, pilots and last day.

    \b
    Examples:
        citygate startup list
        citygate startup list --json
    """
    accounts = Desk(config_path).read()
    today = now().date()
    found = [account for _, account in sorted(accounts.by_name.items())]
    if as_json:
        print_json([{"account": _without_hash(one), "stands": one.standing(today)} for one in found])
        return
    headers = ["name", "tier", "pilots", "made", "expires", "stands"]
    empty = "No accounts yet. Make one: citygate startup add NAME --tier startup --pilot ID"
    print_table("Start-ups", headers, [_cells(one, today) for one in found], empty=empty)


startup.add_command(usage)


def _without_hash(account: Account) -> Account:
    return msgspec.structs.replace(account, password_hash="")


def _cells(account: Account, today: date) -> tuple[str, ...]:
    expires = str(account.expires) if account.expires else "-"
    pilots = ", ".join(account.pilots)
    return (account.name, account.tier, pilots, str(account.made_at.date()), expires, account.standing(today))


def _show_once(account: Account, password: str, topics: Sequence[str]) -> None:
    click.echo(f"user      {account.name}")
    click.echo(f"password  {password}")
    click.echo("Shown once: only its hash is kept. It may read:")
    for topic in topics:
        click.echo(f"    {topic}")


def _tell(held: Held) -> None:
    match held.reload:
        case None:
            click.echo(
                "It holds from now on: the broker's plugin has taken it." if held.changed else "Nothing to change."
            )
        case _ if not held.changed:
            click.echo("Nothing to change at the broker.")
        case "reloaded":
            click.echo("It holds from now on: Mosquitto has read its files again.")
        case "not running":
            click.echo("It holds when Mosquitto starts; it is not running on this folder now.")
        case "by hand":
            click.echo("Mosquitto must read its files again: sudo systemctl reload mosquitto", err=True)
