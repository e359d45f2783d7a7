"""Parking: occupancy and sessions of streets, the chance of a free bay."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from simulators.scoring import Rehearsal, Score
from simulators.scoring.instants import MINUTE_NS, QUARTER_NS
from simulators.scoring.measures import (
    Pair,
    bias,
    brier,
    mean_absolute_error,
    reliability_gap,
    total_error_percent,
)
from simulators.scoring.truths import latest, nearest
from simulators.signals import Truth

DOMAIN = "parking"
HORIZON_MIN = 15


def score(rehearsal: Rehearsal) -> list[Score]:
    """Every figure of the domain."""
    return [*_occupancy(rehearsal), *_sessions(rehearsal), *_bay_chances(rehearsal), *_street_chances(rehearsal)]


def _occupancy(rehearsal: Rehearsal) -> list[Score]:
    truth = rehearsal.truths.of("occupancy")
    said = rehearsal.estimates.of("occupancy_percent", interval_ns=QUARTER_NS)
    pairs: list[Pair] = []
    quarters = 0
    for feature, told in truth.items():
        quarters += len(told)
        true = {one.at_ns: 100 * float(one.value) for one in told}
        estimates = said.get(f"street-parking/{feature.partition('/')[2]}", ())
        pairs += [(one.value, true[one.at_ns]) for one in estimates if one.at_ns in true]
    error = mean_absolute_error(pairs)
    told_of = 100 * len(pairs) / quarters if quarters else None
    asked = quarters > 0
    return [
        Score(DOMAIN, "occupancy in a quarter, mean error", error, "pp", len(pairs), "≤ 1, ≤ 3", asked),
        Score(DOMAIN, "the same, bias", bias(pairs), "pp", len(pairs), asked=asked),
        Score(DOMAIN, "quarters of which it is said", told_of, "%", quarters, asked=asked),
    ]


def _sessions(rehearsal: Rehearsal) -> list[Score]:
    """Sessions by the day of their end. The first day is left out: then nobody knows who has parked since when.

    Sessions that a dead sensor missed are counted as missed.
    """
    ends: dict[str, list[int]] = defaultdict(list)
    for feature, told in rehearsal.truths.of("stay_min").items():
        street = feature.partition("/")[2].rpartition("-")[0]
        ends[f"street-parking/{street}"] += [one.at_ns + one.interval_ns for one in told]
    pairs: list[Pair] = []
    for feature, days in rehearsal.estimates.of("sessions", day=True).items():
        moments = sorted(ends[feature])
        for day in days[1:]:
            true = bisect_right(moments, day.at_ns + day.interval_ns) - bisect_right(moments, day.at_ns)
            pairs.append((day.value, float(true)))
    return [
        Score(DOMAIN, "sessions counted, total error", total_error_percent(pairs), "%", len(pairs), asked=bool(ends))
    ]


def _bay_chances(rehearsal: Rehearsal) -> list[Score]:
    """Of one bay, said at each of its changes; what came is whether it was free so many minutes later."""
    occupied = rehearsal.truths.of("occupied")
    forecasts: list[tuple[float, bool]] = []
    rates: list[tuple[float, bool]] = []
    for feature, said in rehearsal.estimates.of(f"free_in_{HORIZON_MIN}min_percent").items():
        if not feature.startswith("parking-spot/"):
            continue
        told = occupied.get(feature, ())
        usual = _free_share(told, rehearsal.truths.end_ns)
        for one in said:
            then_ns = one.at_ns + HORIZON_MIN * MINUTE_NS
            state = latest(told, then_ns)
            if state is not None and then_ns <= rehearsal.truths.end_ns:
                forecasts.append((one.value / 100, not state.value))
                rates.append((usual, not state.value))
    return [
        Score(
            DOMAIN,
            f"P(bay free in {HORIZON_MIN} min), Brier",
            brier(forecasts),
            "",
            len(forecasts),
            asked=bool(occupied),
        ),
        Score(DOMAIN, "Brier of the bay's own share of free time", brier(rates), "", len(rates), asked=bool(occupied)),
        Score(
            DOMAIN,
            "P(bay free), gap of reliability",
            reliability_gap(forecasts),
            "",
            len(forecasts),
            asked=bool(occupied),
        ),
    ]


def _free_share(told: Sequence[Truth], end_ns: int) -> float:
    """Share of the time in which a bay was free."""
    if not told:
        return 0.0
    ends = [one.at_ns for one in told[1:]] + [end_ns]
    free = sum(end - one.at_ns for one, end in zip(told, ends, strict=True) if not one.value)
    return free / max(1, end_ns - told[0].at_ns)


def _street_chances(rehearsal: Rehearsal) -> list[Score]:
    """Of a street, said each quarter: against what came, and against the true chance where the model knows it."""
    name = f"free_in_{HORIZON_MIN}min_percent"
    true_chance = rehearsal.truths.of(f"p_free_{HORIZON_MIN}min")
    asked = bool(rehearsal.truths.of("bays_free"))
    forecasts: list[tuple[float, bool]] = []
    chances: list[Pair] = []
    said = rehearsal.estimates.of(name)
    for feature, told in rehearsal.truths.of("bays_free").items():
        for one in said.get(f"street-parking/{feature.partition('/')[2]}", ()):
            came = nearest(told, one.at_ns + HORIZON_MIN * MINUTE_NS, within_ns=MINUTE_NS)
            if came is not None:
                forecasts.append((one.value / 100, float(came.value) > 0))
            known = nearest(true_chance.get(feature, ()), one.at_ns, within_ns=MINUTE_NS)
            if known is not None:
                chances.append((one.value, 100 * float(known.value)))
    off = mean_absolute_error(chances)
    return [
        Score(
            DOMAIN,
            f"P(street has a bay in {HORIZON_MIN} min), Brier",
            brier(forecasts),
            "",
            len(forecasts),
            asked=asked,
        ),
        Score(DOMAIN, "the same, against the true chance", off, "pp", len(chances), asked=bool(true_chance)),
    ]
