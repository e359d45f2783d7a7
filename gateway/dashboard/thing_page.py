"""``/api/thing``: one device, everything about it, its newest message explained from the bytes on."""

import asyncio
from typing import TYPE_CHECKING, Literal

from gateway.ask_codec import ask_codec
from gateway.dashboard.answering import RefusalError
from gateway.dashboard.answers import (
    Explained,
    Heard,
    LinkNow,
    Notice,
    Profile,
    PropertyNow,
    Record,
    Span,
    Step,
    Text,
    ThingPage,
)
from gateway.dashboard.board import Board
from gateway.dashboard.present import Cell
from gateway.dashboard.troubles import of_thing
from gateway.dashboard.units import ms, reading, written
from gateway.dashboard.words import notice, word
from gateway.explain.find import Found, decoded
from gateway.explain.look import Look
from gateway.explain.report import Report, Row, report_on
from gateway.ingest import decode_received
from gateway.journal.notices import JournalError
from gateway.progress import KIND_FIRST
from pipelines.decoders import DECODERS
from pipelines.explain import Explanation, codec_needed, explain
from pipelines.model import Accepted, Device, Value
from pipelines.vocabulary import PROPERTIES

if TYPE_CHECKING:
    from device_profiles.catalogue import Profile as ProfileRead
    from gateway.run import Gateway

MAX_BODY = 8 << 10
MAX_RECORDS = 50


async def thing_page(board: Board, id_: str) -> ThingPage:
    """Everything about one thing. Raises RefusalError for an id that nobody wrote down."""
    placed, thing = board.book.placed.get(id_), board.book.things.get(id_)
    if placed is None or thing is None:
        raise RefusalError("not-found", f"'{id_}'")
    spoken = board.present.spoken.get(id_)
    refused_number, refused_ns = board.present.refused.get(id_, (0, 0))
    newest = spoken.revision if spoken is not None and spoken.last_ns >= refused_ns else refused_number
    found = await find(board.gateway, newest) if newest else None
    notices: list[Notice] = board.notices(of_past=True, of_analytics=True)
    if newest == refused_number and refused_number:
        notices.append(notice("not-understood", "warning"))
    last = None
    if found is not None and found.received is not None:
        last = await explained(board.gateway, found)
    elif spoken is not None:
        notices.append(notice("bytes-gone"))
    elif not refused_number:
        notices.append(notice("nothing-heard"))
    pilot = board.gateway.known.files.pilots.get(thing.pilot)
    return ThingPage(
        at_ms=board.now_ms,
        thing=thing,
        pilot_title=pilot.title if pilot is not None else thing.pilot,
        records=tuple(_record(one) for one in placed.records[:MAX_RECORDS]),
        profile=_profile(board.gateway, placed.record.profile),
        first_heard_ms=ms(spoken.first_ns) if spoken is not None else None,
        link=_link(found),
        properties=tuple(_properties(board, thing.feature)),
        troubles=tuple(of_thing(thing, board.present, board.book)),
        last=last,
        notices=tuple(notices),
    )


async def find(gateway: "Gateway", revision: int) -> Found | None:
    """The message that a ledger number tells of; None where the logs do not hold it any more."""
    try:
        entries = await gateway.logs.ledger.fetch(revision, max_entries=1)
        outcome = decoded(entries[0]) if entries and entries[0].number == revision else None
        if outcome is None:
            return None
        kept = await gateway.logs.intake.fetch(outcome.of, max_entries=1)
    except (JournalError, OSError):
        return None
    received = decode_received(kept[0].payload) if kept and kept[0].number == outcome.of else None
    return Found(outcome.of, received, outcome, revision, entries[0].kind == KIND_FIRST)


async def explained(gateway: "Gateway", found: Found) -> Explained:
    """A message whose bytes are at hand, by the files in force; a codec is asked where the profile has one."""
    look = look_now(gateway)
    received = found.received
    assert received is not None
    call = codec_needed(found.number, received, look.knowledge)
    answer = await ask_codec(gateway.codecs, call) if call is not None else None

    def tell() -> Explained:
        told: Explanation = explain(found.number, received, look.knowledge, look.layouts, answer=answer)
        return _explained(report_on(found, told, look), received.received_ns)

    return await asyncio.to_thread(tell)


def look_now(gateway: "Gateway") -> Look:
    """The files in force, for looking only."""
    known = gateway.known
    names = {name: source.settings.dialect for name, source in gateway.config.sources.items()}  # type: ignore[attr-defined]
    return Look(known.knowledge, known.catalogue, names)


def _explained(report: Report, received_ns: int) -> Explained:
    return Explained(
        number=report.number,
        received_ms=ms(received_ns),
        facts=report.facts,
        body=report.body[:MAX_BODY],
        payload_hex=report.payload_hex,
        spans=tuple(
            Span(one.offset, one.length, one.rule, one.name, one.value, written(one.unit)) for one in report.spans
        ),
        fault=report.fault,
        steps=tuple(_step(row) for row in report.rows),
        outcome=report.outcome,
        reason=report.reason,
        detail=report.detail,
        mend=report.mend,
        line_protocol=report.line_protocol,
    )


def _step(row: Row) -> Step:
    value: Value | None = row.value if row.reading else None
    return Step(row.reading, value, row.unit, row.property, row.observed, row.observed_unit, row.quality, row.why)


def _link(found: Found | None) -> LinkNow | None:
    outcome = found.outcome if found is not None else None
    if not isinstance(outcome, Accepted) or outcome.link is None:
        return None
    heard = [Heard(one.gateway_id, one.rssi_dbm, one.snr_db) for one in outcome.link.receptions]
    return LinkNow(ms(outcome.time_ns), outcome.link.f_cnt, outcome.link.f_port, tuple(heard))


def _record(device: Device) -> Record:
    begins, ends = device.valid_from_ns, device.valid_to_ns
    return Record(
        profile=device.profile,
        feature=device.feature,
        pilot=device.pilot,
        from_ms=ms(begins) if begins is not None else None,
        to_ms=ms(ends) if ends is not None else None,
        calibration=dict(device.calibration),
        details=dict(device.details),
    )


def _profile(gateway: "Gateway", name: str) -> Profile:
    read = gateway.known.catalogue.checked.get(name)
    if read is None:
        return Profile(name, "unknown", "", None, "")
    return Profile(name, _reads(read), read.profile_hash.hex(), read.file.reporting_interval_s, read.file.privacy_class)


def _reads(read: "ProfileRead") -> Literal["layout", "javascript", "built-in", "values"]:
    if read.codec is not None:
        return "javascript"
    if read.layouts is not None:
        return "layout"
    return "built-in" if read.file.payload.kind in DECODERS else "values"


def _properties(board: Board, feature: str) -> list[PropertyNow]:
    """Measured ones first, each in the order of the vocabulary, shorter intervals first."""
    order = {name: at for at, name in enumerate(PROPERTIES)}
    cells = sorted(
        board.present.cells(feature).items(),
        key=lambda one: (bool(one[1].by), order.get(one[0][0], len(order)), one[0][1]),
    )
    return [_property(feature, key, cell) for key, cell in cells if key[0] in PROPERTIES]


def _property(feature: str, key: tuple[str, int], cell: Cell) -> PropertyNow:
    row = PROPERTIES[key[0]]
    return PropertyNow(reading(feature, key, cell), row.kind, cell.by, row.event, _why(cell))


def _why(cell: Cell) -> Text | None:
    if cell.quality == "ok":
        return None
    quality = word("qualities", cell.quality)
    if not cell.reason:
        return quality
    reason = word("reasons", cell.reason)
    return Text(f"{quality.en}: {reason.en}", f"{quality.nl}: {reason.nl}")
