"""Attacks on a simulated city: everything on every open topic, joined and subtracted, against what was true.

The attacker reads all tiers, keeps every message ever sent, knows how suppression works and which devices there are.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import pytest

from pipelines.encodings.ngsi_ld import extension_name
from pipelines.instants import parse_rfc3339
from pipelines.open_data.privacy import SUMS
from tests.open_week import Message, Week, open_week

HOUR, QUARTER = 3_600 * 10**9, 900 * 10**9
FEWEST = 5
SUM_NAMES = {extension_name(name): name for name in SUMS}
SEALED = ("private-mechelen",)
"""Pilots of which too little is there to say anything at all."""
Unknown = tuple[str, str, int]
"""Household, property and hour."""


@pytest.fixture(scope="module", params=[2.0, pytest.param(7.0, marks=pytest.mark.proof)], ids=["two days", "a week"])
def week(request: pytest.FixtureRequest) -> Week:
    return open_week(request.param)


def numbers(message: Message) -> Iterable[tuple[str, float, int, int]]:
    """Attribute, value, begin and length of every number of a message."""
    for name, attribute in (message.body or {}).items():
        if isinstance(attribute, dict) and "observedAt" in attribute:
            value = attribute.get("value")
            if isinstance(value, int | float) and not isinstance(value, bool):
                begin_ns = parse_rfc3339(attribute["observedAt"])
                until = attribute.get("observedUntil")
                yield name, value, begin_ns, parse_rfc3339(until) - begin_ns if until else 0


def pilot_of(message: Message) -> str:
    return message.topic.split("/")[4]


def households(week: Week) -> dict[Unknown, float]:
    """What each household really used, hour by hour."""
    return {
        (one.feature, one.property, one.time_ns): float(one.value)
        for one in week.inside
        if one.property in SUMS and one.interval_ns == HOUR and one.quality in ("ok", "estimated")
    }


# Singling out


def test_no_device_and_no_household_is_named(week: Week) -> None:
    named = {device.feature.partition("/")[2].lower() for device in week.files.devices if "meter" in device.feature}
    named |= {device.name.lower() for device in week.files.devices if "meter" in device.feature}
    named |= {device.feature.partition("/")[2].lower() for device in week.files.devices if device.pilot in SEALED}
    secret = {eui.lower() for eui in week.euis} | named
    assert len(secret) > 40
    for message in week.messages:
        said = f"{message.topic} {message.body}".lower()
        assert not [
            one for one in secret if f"/{one}/" in said or f":{one}'" in said or (len(one) > 15 and one in said)
        ]


def test_of_households_there_are_hourly_sums_and_nothing_else(week: Week) -> None:
    spoken = {device.pilot for device in week.files.devices if "meter" in device.feature}
    kinds = {message.suffix for message in week.messages if pilot_of(message) in spoken}
    assert kinds == {"agg/1h", "meta"}
    assert not [message for message in week.messages if pilot_of(message) in SEALED]


def test_three_connections_are_told_nothing_of(week: Week) -> None:
    few = [message for message in week.messages if pilot_of(message) == "few-mechelen"]
    assert len(few) > 24
    assert not [found for message in few for found in numbers(message)]


# Reading off, subtracting, solving


def test_no_published_number_and_no_difference_of_two_is_a_households(week: Week) -> None:
    true = households(week)
    told: dict[tuple[str, int], list[float]] = defaultdict(list)
    for message in week.messages:
        for name, value, begin_ns, length_ns in numbers(message):
            if name in SUM_NAMES and message.topic.split("/")[3] in ("energy", "water"):
                assert length_ns == HOUR
                told[SUM_NAMES[name], begin_ns].append(value)
    attempts = 0
    for (_, name, begin_ns), value in true.items():
        said = told.get((name, begin_ns), [])
        guesses = said + [abs(one - other) for one in said for other in said if one != other]
        attempts += len(guesses)
        assert not [guess for guess in guesses if value > 0.01 and math.isclose(guess, value, rel_tol=1e-3)]
    assert attempts > 500


def test_no_combination_of_all_sums_ever_told_solves_for_a_household(week: Week) -> None:
    """By Gaussian elimination: a household's hour is recovered where its unit vector is in the row space."""
    true = households(week)
    areas = {device.feature: (device.pilot, device.area) for device in week.files.devices}
    rows: list[dict[Unknown, Fraction]] = []
    for message in week.messages:
        pilot = pilot_of(message)
        for name, value, begin_ns, length_ns in numbers(message):
            if name not in SUM_NAMES or message.topic.split("/")[3] not in ("energy", "water"):
                continue
            members = [
                one
                for one in true
                if one[1] == SUM_NAMES[name] and areas[one[0]][0] == pilot and begin_ns <= one[2] < begin_ns + length_ns
            ]
            assert value == pytest.approx(sum(true[one] for one in members), abs=0.01), "the attacker's model is right"
            assert len({one[0] for one in members}) >= 10
            assert max(true[one] for one in members) <= value / 2 + 0.001
            rows.append(dict.fromkeys(members, Fraction(1)))
    assert len(rows) > 60
    assert not [row for row in eliminated(rows) if len(row) == 1]


def eliminated(rows: Iterable[Mapping[Unknown, Fraction]]) -> list[dict[Unknown, Fraction]]:
    """Reduced row echelon form."""
    done: dict[Unknown, dict[Unknown, Fraction]] = {}
    for given in rows:
        row = dict(given)
        for pivot, other in done.items():
            factor = row.get(pivot)
            if factor:
                _subtract(row, other, factor)
        if not row:
            continue
        pivot = min(row)
        scale = row[pivot]
        row = {key: value / scale for key, value in row.items()}
        for other in done.values():
            if factor := other.get(pivot):
                _subtract(other, row, factor)
        done[pivot] = row
    return list(done.values())


def _subtract(row: dict[Unknown, Fraction], other: Mapping[Unknown, Fraction], factor: Fraction) -> None:
    for key, value in other.items():
        left = row.get(key, Fraction(0)) - factor * value
        if left:
            row[key] = left
        else:
            row.pop(key, None)


def test_the_solver_would_find_a_household_if_a_day_of_others_were_told_beside_its_hours() -> None:
    early, late = (("a", "x", 0), ("b", "x", 0)), (("a", "x", 1), ("b", "x", 1))
    rows = [dict.fromkeys(members, Fraction(1)) for members in (early, late, (*early, ("a", "x", 1)))]
    assert not [row for row in eliminated(rows[:2]) if len(row) == 1]
    assert {next(iter(row)) for row in eliminated(rows) if len(row) == 1} == set(late)


# Small counts


def test_no_subtraction_of_totals_narrows_a_small_count(week: Week) -> None:
    hidden = attempts = 0
    for said in counts_of(week).values():
        quarters = {begin: value for (begin, length), value in said.items() if length == QUARTER}
        for begin_ns, length_ns, total in sorted(
            (begin, length, value) for (begin, length), value in said.items() if length > QUARTER and value is not None
        ):
            open_ones, known = resolve(said, begin_ns, length_ns)
            if not open_ones:
                continue
            attempts += 1
            rest = total - known
            most, least = 4 * (len(open_ones) - 1), len(open_ones) - 1
            possible = {guess for guess in (1, 2, 3, 4) if least - 0.01 <= rest - guess <= most + 0.01}
            assert possible == {1, 2, 3, 4}, (begin_ns, length_ns, total, open_ones)
        hidden += sum(value is None for value in quarters.values())
    assert hidden > 30
    assert attempts > 0


def counts_of(week: Week) -> dict[str, dict[tuple[int, int], float | None]]:
    """Per counter: interval → what was told last; None where it was suppressed."""
    told: dict[str, dict[tuple[int, int], float | None]] = defaultdict(dict)
    for message in week.messages:
        if not message.suffix.startswith("agg/") or message.topic.split("/")[3] not in ("cycling", "mobility"):
            continue
        for name in ("intensity", "peopleCount"):
            attribute: Any = (message.body or {}).get(name)
            if attribute and attribute["quality"] != "missing":
                begin_ns = parse_rfc3339(attribute["observedAt"])
                length_ns = parse_rfc3339(attribute["observedUntil"]) - begin_ns
                told[message.topic.rpartition("/agg/")[0]][begin_ns, length_ns] = attribute.get("value")
    return told


def resolve(said: Mapping[tuple[int, int], float | None], begin_ns: int, length_ns: int) -> tuple[list[int], float]:
    """The quarters within an interval that are hidden, and the sum of all that was told there, in hours where told."""
    hidden, known = list[int](), 0.0
    for hour_ns in range(begin_ns, begin_ns + length_ns, HOUR):
        whole = said.get((hour_ns, HOUR)) if length_ns > HOUR else None
        if whole is not None:
            known += whole
            continue
        for quarter_ns in range(hour_ns, hour_ns + HOUR, QUARTER):
            if (quarter_ns, QUARTER) in said:
                value = said[quarter_ns, QUARTER]
                known += value or 0.0
                if value is None:
                    hidden.append(quarter_ns)
    return hidden, known


def test_what_is_hidden_was_small_and_what_is_told_was_not(week: Week) -> None:
    true = {
        (one.time_ns, float(one.value))
        for one in week.inside
        if one.property in ("bicycles", "people", "vehicles") and one.interval_ns == QUARTER
    }
    small = sum(0 < value < FEWEST for _, value in true)
    told = [
        value
        for said in counts_of(week).values()
        for (_, length), value in said.items()
        if length == QUARTER and value is not None
    ]
    assert small > 30
    assert not [value for value in told if 0 < value < FEWEST]


# Joining changes: who was where


def test_passages_are_never_told_closer_than_a_quarter_of_an_hour(week: Week) -> None:
    for message in week.messages:
        if message.topic.split("/")[3] in ("cycling", "mobility"):
            assert message.suffix in ("state", "event", "obs", "agg/15m", "agg/1h", "agg/1d", "meta")
            for name, _, begin_ns, length_ns in numbers(message):
                if name in ("intensity", "peopleCount"):
                    assert length_ns >= QUARTER
                    assert begin_ns % QUARTER == 0
                if message.suffix in ("obs", "event"):
                    assert name in ("commuteIndex", "weekendRatio", "silenceMin", "coveragePercent") or name.startswith(
                        "averageDaily"
                    )


def test_a_disabled_bay_leaves_no_trace_in_what_its_street_says(week: Week) -> None:
    """Whatever is told of the street is told of bays that everybody may use: here there are none."""
    turns = {one.time_ns for one in week.inside if one.property == "occupied" and one.feature in reserved(week)}
    assert len(turns) > 10
    told = [message for message in week.messages if pilot_of(message) == "disabled-mechelen"]
    moments = {
        parse_rfc3339(str(a["observedAt"]))
        for m in told
        for a in (m.body or {}).values()
        if isinstance(a, dict) and "observedAt" in a
    }
    assert not moments & turns
    values = {(name, value) for message in told for name, value, *_ in numbers(message)}
    assert {name for name, _ in values} <= {"availableSpotNumber", "occupiedSpotNumber", "guidanceRank"} | {
        name for name, _ in values if name.startswith("freeIn")
    }
    assert {value for name, value in values if name in ("availableSpotNumber", "occupiedSpotNumber")} <= {0}


def reserved(week: Week) -> set[str]:
    return {device.feature for device in week.files.devices if device.pilot == "disabled-mechelen"}


def test_nothing_in_two_parkings_says_that_it_was_one_car(week: Week) -> None:
    """What bays say are states, numbers of minutes and chances: no word that could be the name of a car."""
    words: dict[str, set[Any]] = defaultdict(set)
    for message in week.messages:
        if message.topic.split("/")[3] == "parking" and message.suffix != "meta":
            for name, attribute in (message.body or {}).items():
                if isinstance(attribute, dict) and isinstance(attribute.get("value"), str):
                    words[name].add(attribute["value"])
    assert words.keys() <= {"status"}
    assert words["status"] <= {"free", "occupied", "unknown"}
