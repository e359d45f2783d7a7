"""Air, noise, weather and the soil under trees."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from simulators.scoring import Rehearsal, Score
from simulators.scoring.estimates import Estimate
from simulators.scoring.instants import DAY_NS, HOUR_NS, QUARTER_NS, local_day, local_hour
from simulators.scoring.measures import (
    Pair,
    bias,
    day_evening_night_db,
    energy_mean_db,
    mean,
    mean_absolute_error,
    percent_of_total,
    total_error_percent,
)
from simulators.scoring.truths import latest, within
from simulators.signals import Truth

NIGHT_ENDS, EVENING_BEGINS, NIGHT_BEGINS = 7, 19, 23


def score(rehearsal: Rehearsal) -> list[Score]:
    """Every figure of these domains."""
    return [*_air(rehearsal), *_noise(rehearsal), *_rain(rehearsal), *_green(rehearsal)]


def _air(rehearsal: Rehearsal) -> list[Score]:
    """Hourly means against the mean of the hour's true values."""
    truth = rehearsal.truths.of("pm25_ug_m3")
    if not truth:
        return []
    raw = _hourly(truth, rehearsal.estimates.of("pm25_ug_m3", interval_ns=HOUR_NS))
    corrected = _hourly(truth, rehearsal.estimates.of("pm25_corrected_ug_m3", interval_ns=HOUR_NS))
    return [
        Score("air", "PM2.5 of an hour, bias", bias(raw), "µg/m³", len(raw)),
        Score("air", "PM2.5 of an hour, mean error", mean_absolute_error(raw), "µg/m³", len(raw)),
        Score("air", "PM2.5 corrected, bias", bias(corrected), "µg/m³", len(corrected)),
        Score("air", "PM2.5 corrected, mean error", mean_absolute_error(corrected), "µg/m³", len(corrected)),
    ]


def _hourly(truth: Mapping[str, Sequence[Truth]], said: Mapping[str, Sequence[Estimate]]) -> list[Pair]:
    pairs: list[Pair] = []
    for feature, told in truth.items():
        for one in said.get(feature, ()):
            true = mean([float(each.value) for each in within(told, one.at_ns, one.at_ns + HOUR_NS)])
            if true is not None:
                pairs.append((one.value, true))
    return pairs


def _noise(rehearsal: Rehearsal) -> list[Score]:
    truth = rehearsal.truths.of("laeq_db")
    if not truth:
        return []
    true = {feature: lden_by_day(told, rehearsal.zone) for feature, told in truth.items()}
    pairs = [
        (one.value, true[feature][one.at_ns])
        for feature, days in rehearsal.estimates.of("lden_db", day=True).items()
        for one in days
        if one.at_ns in true.get(feature, ())
    ]
    days = sum(len(each) for each in true.values())
    return [
        Score("noise", "Lden of a day, mean error", mean_absolute_error(pairs), "dB", len(pairs)),
        Score("noise", "Lden of a day, bias", bias(pairs), "dB", len(pairs)),
        Score(
            "noise", "days of which Lden is said", 100 * len(pairs) / days if days else None, "%", days, asked=days > 0
        ),
    ]


def lden_by_day(told: Sequence[Truth], zone: ZoneInfo) -> dict[int, float]:
    """True Lden by the begin of each local day whose every quarter is known."""
    days: dict[int, list[Truth]] = defaultdict(list)
    for one in told:
        days[local_day(one.at_ns, zone)[0]].append(one)
    found = {}
    for begin_ns, quarters in days.items():
        if sum(one.interval_ns for one in quarters) != local_day(begin_ns, zone)[1] - begin_ns:
            continue
        parts: tuple[list[tuple[float, float]], ...] = ([], [], [])
        for one in quarters:
            parts[_period(local_hour(one.at_ns, zone))].append((float(one.value), float(one.interval_ns)))
        levels = [energy_mean_db(part) for part in parts]
        if all(level is not None for level in levels):
            found[begin_ns] = day_evening_night_db(*(float(level) for level in levels if level is not None))
    return found


def _period(hour: int) -> int:
    """0 day, 1 evening, 2 night."""
    if NIGHT_ENDS <= hour < EVENING_BEGINS:
        return 0
    return 1 if EVENING_BEGINS <= hour < NIGHT_BEGINS else 2


def _rain(rehearsal: Rehearsal) -> list[Score]:
    """Days of rain; a truth that crosses midnight belongs to the day in which it begins."""
    pairs: list[Pair] = []
    said = rehearsal.estimates.of("rain_mm", day=True)
    for feature, told in rehearsal.truths.of("rain_mm").items():
        for one in said.get(feature, ()):
            inside = within(told, one.at_ns, one.at_ns + one.interval_ns)
            if one.at_ns >= rehearsal.truths.begin_ns + QUARTER_NS:
                pairs.append((one.value, sum(float(each.value) for each in inside)))
    if not rehearsal.truths.of("rain_mm"):
        return []
    return [Score("weather", "rain of all days, total error", total_error_percent(pairs), "%", len(pairs))]


def _green(rehearsal: Rehearsal) -> list[Score]:
    """What a tree lacks at midnight, as litres on its wetted area, against what was advised for the day that begins."""
    truth = rehearsal.truths.of("soil_depletion_mm")
    litres = rehearsal.estimates.of("water_advised_l", day=True)
    doses: list[Pair] = []
    advised = needed = 0
    for feature, told in truth.items():
        details = rehearsal.details.get(feature, {})
        if not feature.startswith("tree/") or "area_m2" not in details:
            continue
        per_mm = float(details["area_m2"]) / float(details.get("efficiency", 1.0))
        said = {one.at_ns: one.value for one in litres.get(feature, ())}
        for at_ns, value in said.items():
            lack = latest(told, at_ns)
            if value > 0 and lack is not None:
                doses.append((value, float(lack.value) * per_mm))
        for day in rehearsal.truths.of("needs_water").get(feature, ()):
            ends_ns = local_day(day.at_ns + DAY_NS // 2, rehearsal.zone)[1]
            if day.value and ends_ns in said:
                needed += 1
                advised += said[ends_ns] > 0
    if not truth:
        return []
    return [
        Score("green", "litres advised, sum of errors", percent_of_total(doses), "%", len(doses)),
        Score("green", "litres advised, bias", total_error_percent(doses), "%", len(doses)),
        Score(
            "green",
            "days of need with water advised",
            100 * advised / needed if needed else None,
            "%",
            needed,
            asked=needed > 0,
        ),
    ]
