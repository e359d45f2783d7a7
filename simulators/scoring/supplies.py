"""Water, energy and light."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from simulators.scoring import Rehearsal, Score
from simulators.scoring.instants import HOUR_NS, MINUTE_NS, local_day
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
    return [
        *_levels(rehearsal),
        *_use(rehearsal),
        *_leaks(rehearsal),
        *_energy(rehearsal),
        *_own_sun(rehearsal),
        *_lamps(rehearsal),
    ]


def _levels(rehearsal: Rehearsal) -> list[Score]:
    pairs: list[Pair] = []
    said = rehearsal.estimates.of("water_level_m")
    for feature, told in rehearsal.truths.of("water_level_m").items():
        for one in said.get(feature, ()):
            true = nearest(told, one.at_ns, within_ns=MINUTE_NS)
            if true is not None:
                pairs.append((1000 * one.value, 1000 * float(true.value)))
    if not rehearsal.truths.of("water_level_m"):
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
    if not rehearsal.truths.of("water_l"):
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
        Score("water", "leaks suspected within 48 h, recall", lasting.recall, "", lasting.true, asked=lasting.true > 0),
        Score(
            "water", "leaks suspected, precision", every.precision, "", every.said, asked=every.true + every.said > 0
        ),
        Score(
            "water",
            "leak, from its beginning to the suspicion",
            days,
            "h",
            len(lasting.delays_ns),
            asked=lasting.true > 0,
        ),
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


def _own_sun(rehearsal: Rehearsal) -> list[Score]:
    """What a building with panels covers by itself, each whole local day, of the flows at its border with the grid."""
    true_days: dict[str, dict[int, tuple[float, float]]] = {}
    for feature, told in rehearsal.truths.of("production_kwh").items():
        details = rehearsal.details.get(feature, {})
        if details.get("connection") and details.get("role") == "grid":
            days = _shares_by_day(rehearsal, feature, told)
            true_days[f"connection/{details['connection']}"] = days
    if not true_days:
        return []
    scores = []
    days_asked = sum(map(len, true_days.values()))
    for place, words in enumerate(("self-consumption", "self-sufficiency")):
        said = rehearsal.estimates.of(f"{words.replace('-', '_')}_percent", day=True)
        pairs = [
            (one.value, days[one.at_ns][place])
            for feature, days in true_days.items()
            for one in said.get(feature, ())
            if one.at_ns in days
        ]
        told_of = 100 * len(pairs) / days_asked if days_asked else None
        asked = days_asked > 0
        error = mean_absolute_error(pairs)
        scores.append(Score("energy", f"{words} of a day, mean error", error, "pp", len(pairs), asked=asked))
        scores.append(Score("energy", f"days of which {words} is said", told_of, "%", days_asked, asked=asked))
    return scores


def _shares_by_day(rehearsal: Rehearsal, feature: str, told: Sequence[Truth]) -> dict[int, tuple[float, float]]:
    """Self-consumption and self-sufficiency in per cent, by the begin of each whole local day with any production."""
    exported = rehearsal.truths.of("export_kwh").get(feature, ())
    used = rehearsal.truths.of("load_kwh").get(feature, ())
    found = {}
    for since_ns, until_ns in {local_day(one.at_ns, rehearsal.zone) for one in told}:
        made_kwh, sent_kwh, use_kwh = (whole_sum(each, since_ns, until_ns) for each in (told, exported, used))
        if made_kwh and use_kwh and sent_kwh is not None:
            own_kwh = made_kwh - sent_kwh
            found[since_ns] = 100 * own_kwh / made_kwh, 100 * own_kwh / use_kwh
    return found


def _lamps(rehearsal: Rehearsal) -> list[Score]:
    """A lamp that is out by day is found in the night that follows."""
    if not rehearsal.truths.of("lamp_level_percent"):
        return []
    lasting, every = _found(rehearsal, "lamp_failed", "lamp_out", NIGHT_NS)
    return [
        Score("light", "lamps out found within 26 h, recall", lasting.recall, "", lasting.true, asked=lasting.true > 0),
        Score("light", "lamps out, precision", every.precision, "", every.said, asked=every.true + every.said > 0),
    ]
