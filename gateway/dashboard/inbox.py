"""``/api/inbox``: devices that speak and are not written down, and messages that were not understood.

Law: the quarantine is read in a thread; guesses are made there, and kept until a device has sent something newer.
"""

import asyncio
import shlex
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from gateway.dashboard.answers import Claim, Failure, Inbox, Notice, Unknown
from gateway.dashboard.board import Board
from gateway.dashboard.thing_page import look_now
from gateway.dashboard.units import ms, rounded, unit_of
from gateway.dashboard.words import notice
from gateway.explain.look import Look
from gateway.inbox.strangers import REASON, newest_messages
from gateway.sinks.quarantine.read import DeviceSummary, Quarantine
from gateway.sinks.quarantine.settings import QuarantineSettings
from gateway.sinks.sqlite_file import LaterFormatError
from pipelines.guess import Guess, guess

MAX_ROWS = 50
MAX_GUESSES = 3
MAX_SAYS = 8
MAX_SHOWN = 300

Kept = dict[tuple[str, int], "Guessed"]
"""By device and its newest message."""


class Guessed(msgspec.Struct, frozen=True):
    """What was made of an unknown device's messages."""

    source: str
    topic: str
    claims: tuple[Claim, ...]


class Read(msgspec.Struct, frozen=True):
    """One look into the quarantine."""

    unknown: tuple[Unknown, ...] = ()
    unknown_total: int = 0
    failures: tuple[Failure, ...] = ()
    failures_total: int = 0
    held: dict[str, int] = {}
    given_up: dict[str, int] = {}


async def inbox(board: Board) -> Inbox:
    """The answer; where nothing was ever kept aside, empty with a word why."""
    look = look_now(board.gateway)
    files, held = board.book.files, board.kept.get("guessed")
    if not (isinstance(held, tuple) and held[0] == files):
        held = board.kept["guessed"] = (files, {})
    kept: Kept = held[1]
    file = quarantine_file(board)
    notices: list[Notice] = board.notices()
    try:
        read = await asyncio.to_thread(_read, file, look, kept)
    except FileNotFoundError:
        read = Read()
        notices.append(notice("no-quarantine"))
    except (sqlite3.Error, LaterFormatError) as error:
        read = Read()
        notices.append(notice("store-unreadable", "warning", error))
    return Inbox(board.now_ms, **msgspec.structs.asdict(read), notices=tuple(notices))


def quarantine_file(board: Board) -> Path:
    """Where messages are kept aside."""
    gateway = board.gateway
    for sink in gateway.config.sinks.values():
        if isinstance(sink.settings, QuarantineSettings):
            return sink.settings.path or gateway.logs.folder / "quarantine.sqlite"
    return gateway.logs.folder / "quarantine.sqlite"


def _read(file: Path, look: Look, kept: Kept) -> Read:
    with Quarantine(file) as quarantine:
        summaries = quarantine.by_device()
        strangers = [row for row in summaries if row.reason == REASON]
        others = [row for row in summaries if row.reason != REASON]
        unknown = [_unknown(quarantine, look, kept, row) for row in strangers[:MAX_ROWS]]
        standing = {(row.device, row.newest) for row in strangers[:MAX_ROWS]}
        for gone in kept.keys() - standing:
            del kept[gone]
        return Read(
            unknown=tuple(unknown),
            unknown_total=len(strangers),
            failures=tuple(_failure(quarantine, look, row) for row in others[:MAX_ROWS]),
            failures_total=len(others),
            held=quarantine.by_reason(),
            given_up=quarantine.given_up(),
        )


def _unknown(quarantine: Quarantine, look: Look, kept: Kept, row: DeviceSummary) -> Unknown:
    key = (row.device, row.newest)
    if key not in kept:
        kept[key] = _guessed(quarantine, look, row.device)
    found = kept[key]
    profile = found.claims[0].profile if found.claims else "VENDOR/MODEL"
    quoted = shlex.quote(row.device)  # a stranger chose this name, and a person will paste the line
    return Unknown(
        device=row.device,
        messages=row.entries,
        first_heard_ms=ms(row.first_seen_ns),
        last_heard_ms=ms(row.last_seen_ns),
        newest=row.newest,
        source=found.source,
        topic=found.topic,
        claims=found.claims,
        command=f"citygate inbox accept {quoted} --profile {profile} --feature TYPE/NAME --pilot PILOT",
    )


def _guessed(quarantine: Quarantine, look: Look, device: str) -> Guessed:
    messages = list(newest_messages(quarantine, device))
    uplinks = [uplink for message in messages if (uplink := look.uplink(message)) is not None]
    claims = tuple(_claim(one) for one in guess(look.guessable, uplinks, at_most=MAX_GUESSES))
    newest = messages[0] if messages else None
    return Guessed(newest.source if newest else "", (newest.topic if newest else "")[:MAX_SHOWN], claims)


def _claim(one: Guess) -> Claim:
    says = [(name, rounded(value), unit_of(name)) for name, value in one.sample.items()][:MAX_SAYS]
    word: Literal["likely", "possible"] = "likely" if one.word == "likely" else "possible"
    return Claim(one.profile, word, round(one.score, 3), one.read, one.looked_at, tuple(says))


def _failure(quarantine: Quarantine, look: Look, row: DeviceSummary) -> Failure:
    newest: Sequence[str] = [one.detail for one in quarantine.entries(row.reason, row.device, limit=1)]
    return Failure(
        device=row.device,
        known=bool(look.knowledge.devices.records(row.device)),
        reason=row.reason,
        messages=row.entries,
        first_heard_ms=ms(row.first_seen_ns),
        last_heard_ms=ms(row.last_seen_ns),
        newest=row.newest,
        detail=(newest[0] if newest else "")[:MAX_SHOWN],
        explain=f"citygate explain {row.newest}",
    )
