"""Cycling and mobility: what counters say in an hour and a day, and which way it went."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from simulators.scoring import Rehearsal, Score
from simulators.scoring.instants import HOUR_NS, local_day
from simulators.scoring.measures import Pair, mean_absolute_error, percent_of_total, total_error_percent
from simulators.scoring.truths import whole_sum
from simulators.signals import Truth

COUNTED = (("cycling", "bicycles", "bicycle"), ("mobility", "people", "people"), ("mobility", "vehicles", "vehicle"))
"""Domain, property of the analytics, word of the truth."""
SECTION = "bike-section"
"""The type of all counters across one road."""


def score(rehearsal: Rehearsal) -> list[Score]:
    """Every figure of both domains, of what the city counts."""
    scores = []
    for domain, name, word in COUNTED:
        truth = rehearsal.truths.of(f"{word}_count_interval")
        if not truth:
            continue
        by_hour, by_day = rehearsal.estimates.of(name, interval_ns=HOUR_NS), rehearsal.estimates.of(name, day=True)
        hours: list[Pair] = []
        days: list[Pair] = []
        for feature, told in truth.items():
            for said, pairs in ((by_hour, hours), (by_day, days)):
                for one in said.get(feature, ()):
                    true = whole_sum(told, one.at_ns, one.at_ns + one.interval_ns)
                    if true is not None:
                        pairs.append((one.value, true))
        scores += [
            Score(domain, f"{name} of an hour, sum of errors", percent_of_total(hours), "%", len(hours)),
            Score(domain, f"{name} of a day, sum of errors", percent_of_total(days), "%", len(days)),
            Score(domain, f"{name} of all days, bias", total_error_percent(days), "%", len(days)),
        ]
        if word == "bicycle":
            scores += _directions(rehearsal, truth)
    return scores


def _directions(rehearsal: Rehearsal, truth: Mapping[str, Sequence[Truth]]) -> list[Score]:
    """Of roads whose two directions are counted apart: the share that went forward, each whole local day."""
    roads: dict[str, dict[str, Sequence[Truth]]] = defaultdict(dict)
    for feature, told in truth.items():
        details = rehearsal.details.get(feature, {})
        if details.get("section"):
            roads[str(details["section"])][str(details.get("direction", ""))] = told
    said = rehearsal.estimates.of("forward_percent", day=True)
    pairs: list[Pair] = []
    asked = 0
    for road, directions in roads.items():
        if directions.keys() != {"forward", "backward"}:
            continue
        true = _forward_by_day(rehearsal, directions["forward"], directions["backward"])
        asked += len(true)
        pairs += [(one.value, true[one.at_ns]) for one in said.get(f"{SECTION}/{road}", ()) if one.at_ns in true]
    if not asked:
        return []
    error = mean_absolute_error(pairs)
    return [
        Score("cycling", "share that went forward in a day, mean error", error, "pp", len(pairs)),
        Score("cycling", "days of which the share is said", 100 * len(pairs) / asked, "%", asked),
    ]


def _forward_by_day(rehearsal: Rehearsal, forward: Sequence[Truth], backward: Sequence[Truth]) -> dict[int, float]:
    """In per cent, by the begin of each local day that both counted whole and on which somebody passed."""
    found = {}
    for since_ns, until_ns in {local_day(one.at_ns, rehearsal.zone) for one in forward}:
        ahead, back = whole_sum(forward, since_ns, until_ns), whole_sum(backward, since_ns, until_ns)
        if ahead is not None and back is not None and ahead + back:
            found[since_ns] = 100 * ahead / (ahead + back)
    return found
