"""What Mosquitto's own log tells of each account's use. What it does not tell is unknown, and never guessed.

The lines that are read (Mosquitto 2.0.11; the client id is the account's name, by ``use_username_as_clientid``):

    1795343328: New client connected from 127.0.0.1:50102 as acme (p5, c1, k60, u'acme').
    1795343328: acme 1 open/v1/mechelen/+/parking-mechelen/+/state          log_type subscribe
    1795343328: acme open/v1/…                                              log_type unsubscribe
    1795343330: Outgoing messages are being dropped for client acme.        once for each time its queue is full
    1795343330: Client acme disconnected.                                   has exceeded timeout, …
    1795343331: Client acme already connected, closing old connection.      before its next connection is told
    1795343496: mosquitto version 2.0.11 starting                           nobody is connected any more

Mosquitto refuses control characters in names and topics, so nobody can forge a line.
"""

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

LOG = Path("data") / "mosquitto.log"

_LINE = re.compile(r"(\d+): (.*)")
_CONNECTED = re.compile(r"New client connected from \S+ as (?P<name>\S+) \(p\d, c(?P<clean>[01]),.*")
_DROPPED = re.compile(r"Outgoing messages are being dropped for client (?P<name>\S+)\.")
_TAKEN_OVER = re.compile(r"Client (?P<name>\S+) already connected, closing old connection\.")
_ENDED = re.compile(r"Client (?P<name>[^\s,]+),? (?:(?:been )?disconnected|closed its|has exceeded).*")
_SUBSCRIBED = re.compile(r"(?P<name>[a-z0-9-]+) [012] (?P<filter>\S.*)")
_UNSUBSCRIBED = re.compile(r"(?P<name>[a-z0-9-]+) (?P<filter>\S.*)")


class Use(msgspec.Struct):
    """One account since the log begins. ``drops``: how often its queue ran full; how many messages is not told.

    ``subscriptions``: of its session; a client that begins a new one has none at first.
    """

    connected: bool = False
    connections: int = 0
    last_seen: datetime | None = None
    drops: int = 0
    subscriptions: dict[str, None] = {}


class Usage(msgspec.Struct):
    """All accounts, since when."""

    since: datetime
    by_name: dict[str, Use]


def read_usage(folder: Path, names: Collection[str]) -> Usage | None:
    """From the broker's log; None where there is none to read. Raises PermissionError."""
    try:
        with (folder / LOG).open(encoding="utf-8", errors="replace") as lines:
            return usage_of(lines, names)
    except FileNotFoundError:
        return None


def usage_of(lines: Iterable[str], names: Collection[str]) -> Usage | None:
    """From the lines of a log; None where none has a time."""
    since: datetime | None = None
    found = {name: Use() for name in names}
    for line in lines:
        if (match := _LINE.match(line)) is None:
            continue
        at, text = datetime.fromtimestamp(int(match[1]), UTC), match[2]
        since = since or at
        if text.startswith("mosquitto version ") and text.endswith(" starting"):
            for one in found.values():
                one.connected = False
            continue
        for pattern, note in _NOTES:
            if told := pattern.fullmatch(text):
                if use := found.get(told["name"]):
                    note(use, told, at)
                break
    return Usage(since, found) if since else None


def _came(use: Use, told: re.Match[str], at: datetime) -> None:
    use.connections += 1
    use.connected, use.last_seen = True, at
    if told["clean"] == "1":
        use.subscriptions.clear()


def _dropped(use: Use, _told: re.Match[str], _at: datetime) -> None:
    use.drops += 1  # while it was slow or away: no sign of life


def _taken_over(use: Use, _told: re.Match[str], at: datetime) -> None:
    use.last_seen = at  # by a connection of its own, told in the next line


def _went(use: Use, _told: re.Match[str], at: datetime) -> None:
    use.connected, use.last_seen = False, at


def _subscribed(use: Use, told: re.Match[str], at: datetime) -> None:
    use.subscriptions[told["filter"]] = None
    use.last_seen = at


def _unsubscribed(use: Use, told: re.Match[str], at: datetime) -> None:
    use.subscriptions.pop(told["filter"], None)
    use.last_seen = at


_NOTES: tuple[tuple[re.Pattern[str], Callable[[Use, re.Match[str], datetime], None]], ...] = (
    (_CONNECTED, _came),
    (_DROPPED, _dropped),
    (_TAKEN_OVER, _taken_over),
    (_ENDED, _went),
    (_SUBSCRIBED, _subscribed),
    (_UNSUBSCRIBED, _unsubscribed),
)
