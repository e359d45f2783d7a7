"""Water, energy and light."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from simulators.scoring import Rehearsal, Score
from simulators.scoring.instants import HOUR_NS, MINUTE_NS
from simulators.scoring.measures import (
    Matched,
    Pair,
    largest_error,
    match,
    mean,
    mean_absolute_error,
    percent_of_total,
    together,
    total_error_percent,
)
from simulators.scoring.truths import nearest, whole_sum
from simulators.signals import Truth

LEAK_NS = 48 * HOUR_NS
"""A leak that lasts as long must be suspected by then: two nights."""
NIGHT_NS = 26 * HOUR_NS
"""From any time of day there is a night within it, and two reports of that night."""


def score(rehearsal: Rehearsal) -> list[Score]:
    """Every figure of these domains."""
    return [*_levels(rehearsal), *_use(rehearsal), *_leaks(rehearsal), *_energy(rehearsal), *_lamps(rehearsal)]


def _levels(rehearsal: Rehearsal) -> list[Score]:
    pairs: list[Pair] = []
    said = rehearsal.estimates.of("water_level_m")
    for feature, told in rehearsal.truths.of("water_level_m").items():
        for one in said.get(feature, ()):
            true = nearest(told, one.at_ns, within_ns=MINUTE_NS)
            if true is not None:
                pairs.append((1000 * one.value, 1000 * float(true.value)))
    if not pairs:
        return []
    return [Score("water", "level, mean error", mean_absolute_error(pairs), "mm", len(pairs))]


def _use(rehearsal: Rehearsal) -> list[Score]:
    pairs: list[Pair] = []
    said = rehearsal.estimates.of("water_use_l", interval_ns=HOUR_NS)
    for feature, told in rehearsal.truths.of("water_l").items():
        for one in said.get(feature, ()):
            true = whole_sum(told, one.at_ns, one.at_ns + HOUR_NS)
            if true is not None:
                pairs.append((one.value, true))
    if not pairs:
        return []
    return [
        Score("water", "litres of an hour, sum of errors", percent_of_total(pairs), "%", len(pairs)),
        Score("water", "litres of all hours, total error", total_error_percent(pairs), "%", len(pairs)),
    ]


def _leaks(rehearsal: Rehearsal) -> list[Score]:
    """Recall is of leaks that last two days; precision counts one that found a shorter leak as right."""
    if not rehearsal.truths.of("water_l"):
        return []
    lasting, every = _found(rehearsal, "leak", "leak_suspected", LEAK_NS)
    days = mean([delay / HOUR_NS for delay in lasting.delays_ns])
    return [
        Score("water", "leaks suspected within 48 h, recall", lasting.recall, "", lasting.true),
        Score("water", "leaks suspected, precision", every.precision, "", every.said),
        Score("water", "leak, from its beginning to the suspicion", days, "h", len(lasting.delays_ns)),
    ]


def _found(rehearsal: Rehearsal, quantity: str, name: str, lasts_ns: int) -> tuple[Matched, Matched]:
    """Incidents that last, found within that time; and all incidents, against all that was said while they went on."""
    truth: Mapping[str, Sequence[Truth]] = rehearsal.truths.of(quantity)
    said = rehearsal.estimates.of(name)
    lasting, every = [], []
    for feature in {*truth, *said}:
        spans = incidents(truth.get(feature, ()), rehearsal.truths.heard_until_ns(feature))
        raised = [one.at_ns for one in said.get(feature, ()) if one.value]
        long = [begin for begin, end in spans if end - begin >= lasts_ns]
        lasting.append(match(long, raised, early_ns=0, late_ns=lasts_ns))
        during = [at for at in raised if any(begin <= at <= end + lasts_ns for begin, end in spans)]
        every.append(Matched(len(spans), len(raised), tuple(0 for _ in during)))
    return together(lasting), together(every)


def incidents(told: Sequence[Truth], end_ns: int) -> list[tuple[int, int]]:
    """Begin and end of each incident of a flag that begins and ends; one that goes on ends at ``end_ns``."""
    found = []
    begin_ns = -1
    for one in told:
        if one.value and begin_ns < 0:
            begin_ns = one.at_ns
        elif not one.value and begin_ns >= 0:
            found.append((begin_ns, one.at_ns))
            begin_ns = -1
    if begin_ns >= 0:
        found.append((begin_ns, end_ns))
    return [(begin, min(end, end_ns)) for begin, end in found if begin < end_ns]


def _energy(rehearsal: Rehearsal) -> list[Score]:
    """Days that are told as certain, summed by meter: what roll-overs and lost readings may not change."""
    truth = rehearsal.truths.of("import_kwh")
    if not truth:
        return []
    meters: list[Pair] = []
    days: list[Pair] = []
    said = rehearsal.estimates.of("energy_import_interval_kwh", day=True)
    for feature, told in truth.items():
        pairs = [
            (one.value, true)
            for one in said.get(feature, ())
            if not one.estimated and (true := whole_sum(told, one.at_ns, one.at_ns + one.interval_ns)) is not None
        ]
        days += pairs
        if pairs:
            meters.append((sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)))
    registers = rehearsal.estimates.of("energy_import_kwh", derived=False)
    over = sum(after.value < before.value / 2 for said_ in registers.values() for before, after in pairwise(said_))
    return [
        Score(
            "energy",
            "kWh of a meter over all days, largest error",
            largest_error(meters),
            "kWh",
            len(meters),
            "0 ± 0.1",
        ),
        Score("energy", "kWh of a day, largest error", largest_error(days), "kWh", len(days)),
        Score("energy", "roll-overs crossed", float(over), "", over),
    ]


def _lamps(rehearsal: Rehearsal) -> list[Score]:
    """A lamp that is out by day is found in the night that follows."""
    if not rehearsal.truths.of("lamp_level_percent"):
        return []
    lasting, every = _found(rehearsal, "lamp_failed", "lamp_out", NIGHT_NS)
    return [
        Score("light", "lamps out found within 26 h, recall", lasting.recall, "", lasting.true),
        Score("light", "lamps out, precision", every.precision, "", every.said),
    ]
