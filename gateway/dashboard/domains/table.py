"""A domain without a view of its own: its features with the newest value of what tells most, worked out or measured."""

from collections import Counter
from collections.abc import Mapping, Sequence

from gateway.dashboard.answers import Severity, Thing
from gateway.dashboard.board import Board
from gateway.dashboard.domain_answers import Column, Row, TablePage
from gateway.dashboard.things import MAIN, NOT_MAIN
from gateway.dashboard.troubles import severity_of
from gateway.dashboard.units import reading, unit_of
from gateway.dashboard.words import notice
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, Domain

MAX_COLUMNS = 12
MAX_ROWS = 2_000
OF_DEVICES = frozenset(
    (
        *NOT_MAIN,
        "silent",
        "silence_min",
        "flapping",
        "battery_warning",
        "battery_months_left",
        "tamper_alarm",
        "uplinks",
        "pdr_percent",
        "sessions_begun",
        "rssi_median_dbm",
        "snr_median_db",
        "esp_dbm",
        "gateways_heard",
        "coverage_percent",
    )
)
"""What is said of the device and not of what it observes: the device's own page has it."""

ORDER: Mapping[str, int] = {name: place for place, name in enumerate(PROPERTIES)}


async def table_page(board: Board, domain: Domain) -> TablePage:
    """Rows by pilot and name; columns by how many rows have them."""
    things = {one.feature: one for one in board.book.of(domain=domain.value)}
    own = [one for one in board.present.features() if _is_of(one, domain) and one not in things]
    features = sorted([*things, *own], key=lambda one: _sorting(board, things, one))[:MAX_ROWS]
    columns = _columns(board, features)
    notices = board.notices(of_analytics=True)
    if not features:
        notices.append(notice("no-things-here"))
    rows = [_row(board, feature, things.get(feature), columns) for feature in features]
    return TablePage(domain.value, board.now_ms, tuple(columns), tuple(rows), tuple(notices))


def _is_of(feature: str, domain: Domain) -> bool:
    kind = FEATURE_TYPES.get(feature.partition("/")[0])
    return kind is not None and kind.domain is domain


def _sorting(board: Board, things: Mapping[str, Thing], feature: str) -> tuple[str, str, str]:
    thing = things.get(feature)
    if thing is not None:
        return thing.pilot, feature.partition("/")[0], thing.name
    return board.present.pilots.get(feature, ""), feature.partition("/")[0], feature


def _columns(board: Board, features: Sequence[str]) -> list[Column]:
    """What most rows have; the main value of a kind first, then what is worked out, then what is measured."""
    rows: Counter[str] = Counter()
    derived: set[str] = set()
    for feature in features:
        cells = board.present.cells(feature)
        names = {name for name, _ in cells if name not in OF_DEVICES}
        rows.update(names)
        derived |= {name for name in names if (one := board.present.newest(feature, name)) and one[1].by}
    main = {names[0] for kind, names in MAIN.items() if any(one.startswith(kind + "/") for one in features)}
    ranked = sorted(rows, key=lambda name: (name not in main, -rows[name], name not in derived, ORDER.get(name, 0)))
    chosen = sorted(ranked[:MAX_COLUMNS], key=lambda name: (name not in main, name not in derived, ORDER.get(name, 0)))
    return [Column(name, unit_of(name), name in derived) for name in chosen]


def _row(board: Board, feature: str, thing: Thing | None, columns: Sequence[Column]) -> Row:
    found = [board.present.newest(feature, column.property) for column in columns]
    return Row(
        thing=thing.id if thing is not None else None,
        feature=feature,
        name=thing.name if thing is not None else feature.partition("/")[2],
        area=thing.area if thing is not None else "",
        pilot=thing.pilot if thing is not None else board.present.pilots.get(feature, ""),
        severity=_worst(board, feature),
        cells=tuple(reading(feature, *one) if one is not None else None for one in found),
    )


def _worst(board: Board, feature: str) -> Severity | None:
    raised = [
        severity_of(name, board.present.raised[feature, name].value)
        for name in {name for name, _ in board.present.cells(feature)}
        if (feature, name) in board.present.raised
    ]
    return "critical" if "critical" in raised else "warning" if raised else None
