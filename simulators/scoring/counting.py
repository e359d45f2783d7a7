"""Cycling and mobility: what counters say in an hour and a day."""

from simulators.scoring import Rehearsal, Score
from simulators.scoring.instants import HOUR_NS
from simulators.scoring.measures import Pair, percent_of_total, total_error_percent
from simulators.scoring.truths import whole_sum

COUNTED = (("cycling", "bicycles", "bicycle"), ("mobility", "people", "people"), ("mobility", "vehicles", "vehicle"))
"""Domain, property of the analytics, word of the truth."""


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
    return scores
