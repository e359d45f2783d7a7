"""``/api/domains``: the view of each domain, one file each; a table for those that have none of their own."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from gateway.dashboard.answering import RefusalError
from gateway.dashboard.board import Board
from gateway.dashboard.domain_answers import DomainNow, Domains
from gateway.dashboard.domains.counts import count_page
from gateway.dashboard.domains.green import green_page
from gateway.dashboard.domains.parking import parking_page
from gateway.dashboard.domains.table import table_page
from gateway.dashboard.domains.waste import waste_page
from pipelines.vocabulary import Domain

ViewName = Literal["parking", "waste", "counts", "green", "table"]
View = Callable[[Board, Domain], Awaitable[msgspec.Struct]]

VIEWS: dict[Domain, tuple[ViewName, View]] = {
    Domain.PARKING: ("parking", parking_page),
    Domain.WASTE: ("waste", waste_page),
    Domain.CYCLING: ("counts", count_page),
    Domain.MOBILITY: ("counts", count_page),
    Domain.GREEN: ("green", green_page),
    Domain.AGRI: ("green", green_page),
}
TABLE: tuple[ViewName, View] = ("table", table_page)


async def domain_page(board: Board, name: str) -> msgspec.Struct:
    """The view of a domain. Raises RefusalError for one that the vocabulary lacks."""
    try:
        domain = Domain(name)
    except ValueError as error:
        raise RefusalError("not-found", f"domain '{name}'") from error
    return await VIEWS.get(domain, TABLE)[1](board, domain)


def domains(board: Board) -> Domains:
    """Those that have devices."""
    found = []
    for domain in Domain:
        things = board.book.of(domain=domain.value)
        if things:
            alarms = sum(one.state == "alarm" for one in things)
            silent = sum(one.state == "silent" for one in things)
            found.append(DomainNow(domain.value, VIEWS.get(domain, TABLE)[0], len(things), alarms, silent))
    return Domains(board.now_ms, tuple(found))
