"""The accounts on record made to hold at the broker, whichever way that keeps them.

    secrets/startups.json ─┬─▶ passwords, acl ─▶ SIGHUP
    pilots/*.toml ─────────┴─▶ the plugin, while it runs

Law: an account holds from the day it is made to its last day, both included (UTC); what is over is taken out at the
next run of ``citygate startup`` of any kind that changes or applies, which a timer does each night.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from gateway.files.pilots import Pilot
from gateway.startups.accounts import Account, Accounts
from gateway.startups.mosquitto_files import Filters, Reload, reload, users_of_others, write_files
from gateway.startups.plugin import is_kept_by_plugin, tell_plugin, users_of_plugin
from gateway.startups.tiers import ALL_PILOTS, Scope, filters

ONE_CONNECTION_EACH = "use_username_as_clientid true"


class Held(msgspec.Struct, frozen=True):
    """What became of it. ``reload``: whether the broker has read its files; None where its plugin was told."""

    changed: bool
    reload: Reload | None


def hold(
    folder: Path, accounts: Accounts, today: date, readable: Filters, fresh: Mapping[str, str] | None = None
) -> Held:
    """Let the broker have exactly the active accounts. ``fresh``: name → password made just now.

    Raises AccountError, OSError.
    """
    active, known = accounts.active(today), frozenset(accounts.by_name)
    if is_kept_by_plugin(folder):
        return Held(tell_plugin(folder, active, known, readable, fresh or {}), None)
    changed = write_files(folder, active, known, readable)
    return Held(changed, reload(folder))


def taken_names(folder: Path, accounts: Accounts) -> set[str]:
    """Users of the broker that are no start-ups. Raises AccountError, OSError."""
    known = frozenset(accounts.by_name)
    return users_of_plugin(folder) - known if is_kept_by_plugin(folder) else users_of_others(folder, known)


def readable_filters(city: str, pilots: Mapping[str, Pilot]) -> Filters:
    """Account → its topic filters; a pilot without a file grants nothing."""

    def of(account: Account) -> Sequence[str]:
        return filters(account.tier, scopes_of(account, city, pilots))

    return of


def scopes_of(account: Account, city: str, pilots: Mapping[str, Pilot]) -> list[Scope]:
    """Where an account may read: each pilot in its own city."""
    if ALL_PILOTS in account.pilots:
        cities = {city, *(pilot.city for pilot in pilots.values())}
        return [Scope(each, ALL_PILOTS) for each in cities]
    return [Scope(pilots[each].city, each) for each in account.pilots if each in pilots]


def lets_take_over(folder: Path) -> bool:
    """Whether a client may use another's id there, and so end its session: not a broker to let start-ups into."""
    return ONE_CONNECTION_EACH not in (folder / "mosquitto.conf").read_text(encoding="utf-8")
