"""P(a bay is free on arrival) in 5, 10, 15 and 30 minutes, and how well earlier forecasts met what happened.

Street: from its taken bays now, as M/M/c/c with the hour's rates; of the bays that are open to everybody. Bay:
two-state chain with the street's rates times the bay's own shrunk factors, at each of its changes. Score: mean squared
error of the chance (Brier 1950), of every forecast that fell due on a local day and whose end was seen.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec

from pipelines.domains.parking.bays import ORDINARY, Bay, Kerb
from pipelines.domains.parking.formulas import lot_free_chance, two_state
from pipelines.domains.parking.kerb import Turn, Vanished
from pipelines.domains.parking.occupancy import interval
from pipelines.domains.parking.rates import factor
from pipelines.domains.parking.rule import MINUTE_NS
from pipelines.model import Observation

HORIZONS_MIN = (5, 10, 15, 30)
NAMES = tuple(f"free_in_{minutes}min_percent" for minutes in HORIZONS_MIN)
BRIER = tuple(f"brier_{minutes}min" for minutes in HORIZONS_MIN)
BAY_BRIER = tuple(f"bay_brier_{minutes}min" for minutes in HORIZONS_MIN)
MOST_PENDING = 32
"""Forecasts of one bay that wait for their end; a bay that flickers is scored by its latest."""

Pending = tuple[int, int, float]
"""When it falls due, which horizon, the chance."""


class Score(msgspec.Struct, array_like=True):
    """Squared errors and their number, by horizon."""

    squares: list[float] = msgspec.field(default_factory=lambda: [0.0] * len(HORIZONS_MIN))
    counts: list[int] = msgspec.field(default_factory=lambda: [0] * len(HORIZONS_MIN))

    def add(self, pending: Pending, *, free: bool) -> None:
        """A forecast has fallen due."""
        _, horizon, chance = pending
        self.squares[horizon] += (chance - free) ** 2
        self.counts[horizon] += 1

    def say(self, feature: str, names: tuple[str, ...], span: tuple[int, int]) -> Iterator[Observation]:
        """The day's Brier scores, and begin anew."""
        for horizon, name in enumerate(names):
            if self.counts[horizon]:
                yield interval(feature, name, self.squares[horizon] / self.counts[horizon], span)
            self.squares[horizon], self.counts[horizon] = 0.0, 0


class Forecast(msgspec.Struct, array_like=True):
    """What was foretold and has not fallen due. ``free``: the street had a free bay at the last event, if known."""

    pending: list[Pending] = []
    free: bool | None = None
    score: Score = msgspec.field(default_factory=Score)
    bays: dict[str, list[Pending]] = {}
    bay_score: Score = msgspec.field(default_factory=Score)


def fall_due(forecast: Forecast, kerb: Kerb, to_ns: int) -> None:
    """Judge the street's forecasts up to an instant by how it stood until then, and take note of how it stands now."""
    while forecast.pending and forecast.pending[0][0] <= to_ns:
        pending = forecast.pending.pop(0)
        if forecast.free is not None:
            forecast.score.add(pending, free=forecast.free)
    sure = kerb.sure[ORDINARY]
    forecast.free = kerb.taken[ORDINARY] < sure if sure else None


def bays_fall_due(forecast: Forecast, kerb: Kerb, to_ns: int) -> None:
    """Judge the forecasts of bays that have not changed since."""
    for name in list(forecast.bays):
        _judge(forecast, name, to_ns, free=not kerb.bays[name].occupied)


def foretell(forecast: Forecast, kerb: Kerb, feature: str, at_ns: int, *, bays: int) -> Iterator[Observation]:
    """The street as it stands: free bays, and the chances where enough has been learnt. ``bays``: least known ones."""
    sure, taken = kerb.sure[ORDINARY], kerb.taken[ORDINARY]
    if sure == 0 or sure < bays:
        return
    yield Observation(feature, "bays_free", float(sure - taken), at_ns)
    yield Observation(feature, "bays_taken", float(taken), at_ns)
    for horizon, minutes in enumerate(HORIZONS_MIN):
        chance = street_chance(kerb, minutes)
        if chance is None:
            return
        yield Observation(feature, NAMES[horizon], 100 * chance, at_ns)
        forecast.pending.append((at_ns + minutes * MINUTE_NS, horizon, chance))
    forecast.pending.sort()


def street_chance(kerb: Kerb, minutes: float) -> float | None:
    """P(free) of the street so many minutes from now, by the present hour's rates; None before enough was learnt."""
    sure, taken = kerb.sure[ORDINARY], kerb.taken[ORDINARY]
    pace = kerb.pace[ORDINARY]
    if not sure or not kerb.learnt[ORDINARY]:
        return None
    return min(1.0, lot_free_chance(sure, taken, sure * pace.lot_arrivals, pace.departures, minutes))


def foretell_bay(forecast: Forecast, kerb: Kerb, turn: Turn) -> Sequence[Observation]:
    """A bay has changed: judge what was said of it, and say anew. Nothing is foretold from a gap."""
    if turn.gap:
        forecast.bays.pop(turn.bay, None)
        return ()
    name, at_ns = turn.bay, turn.at_ns
    _judge(forecast, name, at_ns, free=turn.occupied)
    bay = kerb.bays[name]
    if not kerb.learnt[bay.pool]:
        return ()
    total, settled = two_state(*bay_pace(kerb, bay))
    away = (0.0 if turn.occupied else 1.0) - settled
    pending = forecast.bays.setdefault(name, [])
    said = []
    for horizon, minutes in enumerate(HORIZONS_MIN):
        chance = settled + away * math.exp(-total * minutes)
        said.append(Observation(name, NAMES[horizon], 100 * chance, at_ns))
        pending.append((at_ns + minutes * MINUTE_NS, horizon, chance))
    del pending[:-MOST_PENDING]
    return said


def lose_bay(forecast: Forecast, vanished: Vanished) -> None:
    """What was foretold beyond the last thing that is known of a bay is never judged."""
    _judge(forecast, vanished.bay, vanished.since_ns if vanished.stuck else vanished.at_ns, free=not vanished.occupied)
    forecast.bays.pop(vanished.bay, None)


def bay_pace(kerb: Kerb, bay: Bay) -> tuple[float, float]:
    """Arrivals and departures per minute of one bay: its street's pace and its own habit."""
    pace = kerb.pace[bay.pool]
    arrivals = pace.arrivals * factor(bay.arrivals, bay.arrivals_expected)
    return arrivals, pace.departures * factor(bay.departures, bay.departures_expected)


def _judge(forecast: Forecast, bay: str, to_ns: int, *, free: bool) -> None:
    pending = forecast.bays.get(bay)
    if pending is None:
        return
    squares, counts = forecast.bay_score.squares, forecast.bay_score.counts
    waiting = []
    for one in pending:
        if one[0] <= to_ns:
            squares[one[1]] += (one[2] - free) ** 2
            counts[one[1]] += 1
        else:
            waiting.append(one)
    if waiting:
        forecast.bays[bay] = waiting
    else:
        del forecast.bays[bay]
