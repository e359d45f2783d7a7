"""What is wrong now: conditions of the gateway, and alarms that stand in the city, as one list."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from gateway.dashboard.answers import Severity, Text, Thing, Trouble
from gateway.dashboard.present import Present
from gateway.dashboard.things import ThingBook
from gateway.dashboard.units import ms
from gateway.dashboard.words import table, word
from gateway.health.condition import Condition
from pipelines.vocabulary import PROPERTIES

if TYPE_CHECKING:
    from gateway.run import Gateway

MAX_TROUBLES = 50
NO_MEND = Text("Look at it.", "Ga kijken.")


def of_gateway(gateway: "Gateway") -> list[Trouble]:
    """The conditions, the critical first."""
    from gateway.health.conditions import conditions  # noqa: PLC0415 - it is loaded with the gateway's own health

    return [_of_condition(one) for one in conditions(gateway)]


def of_city(present: Present, book: ThingBook) -> list[Trouble]:
    """The alarms that stand, the critical first, then the newest."""
    return in_order(_of_alarms(present, book))


def of_thing(thing: Thing, present: Present, book: ThingBook) -> list[Trouble]:
    """The alarms that stand at one thing's feature."""
    names = [name for feature, name in present.raised if feature == thing.feature]
    return in_order(_of_alarm(thing.feature, name, present, book) for name in names)


def in_order(troubles: Iterable[Trouble]) -> list[Trouble]:
    """The critical first, then the newest."""
    return sorted(troubles, key=lambda one: (one.severity != "critical", -one.since_ms, one.kind, one.subject))


def link_to(thing: str) -> str:
    """The page of a thing."""
    return f"/things/{quote(thing, safe='')}"


def severity_of(name: str, value: object) -> Severity:
    """How bad a raised value is."""
    row = PROPERTIES[name]
    return next((severity for raised, severity in row.alarm if raised == value), "warning")


def _of_condition(one: Condition) -> Trouble:
    title = word("troubles", one.kind).nl
    nl = one.what if title == one.kind else f"{title}: {one.subject}"
    return Trouble(
        kind=one.kind,
        subject=one.subject,
        severity=one.severity,
        what=Text(one.what, nl),
        mend=Text(one.mend, one.mend),
        since_ms=ms(one.since_ns),
        link="/gateway",
        about="gateway",
    )


def _of_alarms(present: Present, book: ThingBook) -> Iterator[Trouble]:
    for feature, name in present.raised:
        yield _of_alarm(feature, name, present, book)


def _of_alarm(feature: str, name: str, present: Present, book: ThingBook) -> Trouble:
    cell = present.raised[feature, name]
    ids = book.by_feature.get(feature, ())
    thing = book.things.get(ids[0]) if ids else None
    called = thing.name if thing is not None else feature.partition("/")[2]
    title = word("troubles", name)
    mend = table()["mends"].get(name)
    where = f" ({thing.area})" if thing is not None and thing.area else ""
    return Trouble(
        kind=name,
        subject=called,
        severity=severity_of(name, cell.value),
        what=Text(f"{title.en}: {called}{where}", f"{title.nl}: {called}{where}"),
        mend=Text(*mend) if mend else NO_MEND,
        since_ms=ms(cell.since_ns or cell.time_ns),
        link=link_to(thing.id) if thing is not None else "/things",
        about="thing",
        thing=thing.id if thing is not None else None,
        feature=feature,
        pilot=present.pilots.get(feature),
    )
