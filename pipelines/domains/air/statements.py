"""What is said of an air station's hours, days and years."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pipelines.domains import HOUR_NS, said
from pipelines.domains.air.formulas import BANDS, LIMITS_2030_UG_M3, UPPER_UG_M3, Pollutant
from pipelines.domains.air.year import AnnualMean
from pipelines.domains.hourly import CAPTURE, Hour
from pipelines.model import Observation, Quality

_PARTICLES: frozenset[Pollutant] = frozenset(("pm25", "pm10"))
_LEAST_EIGHTS = 18
"""Source: Directive 2008/50/EC, annexes VII and XI: a day's highest 8-hour mean needs 18 of 24."""

DOUBTFUL = 0.25
"""As much as may be missing: less than a quarter of doubtful hours leaves a day as it is."""

Bounds = tuple[int, int]


def _rounded(value: float) -> float:
    return round(value, 2)


def means(feature: str, hour: Hour, *, humid: bool) -> tuple[list[Observation], dict[Pollutant, float]]:
    """Every pollutant's hourly mean, missing below the data capture, and the coverage of the one known least."""
    begin_ns, end_ns = hour.begin_ns, hour.begin_ns + HOUR_NS
    said_now: list[Observation] = []
    valid: dict[Pollutant, float] = {}
    shares: list[float] = []
    for pollutant in UPPER_UG_M3:
        name = f"{pollutant}_ug_m3"
        if name not in hour.sums:
            continue
        shares.append(hour.coverage(name))
        mean = hour.mean(name)
        if mean is None:
            said_now.append(said.missing(feature, name, begin_ns, end_ns))
        else:
            valid[pollutant] = mean
            said_now.append(_hourly(feature, name, mean, begin_ns, doubtful=humid and pollutant in _PARTICLES))
    if shares:
        said_now.append(said.coverage(feature, min(shares), begin_ns, end_ns))
    return said_now, valid


def corrected(feature: str, hour: Hour, value: float | None, *, humid: bool) -> Observation:
    """PM2.5 after the declared correction; missing without a valid mean of PM2.5 and of humidity."""
    if value is None:
        return said.missing(feature, "pm25_corrected_ug_m3", hour.begin_ns, hour.begin_ns + HOUR_NS)
    return _hourly(feature, "pm25_corrected_ug_m3", value, hour.begin_ns, doubtful=humid)


def _hourly(feature: str, name: str, value: float, begin_ns: int, *, doubtful: bool) -> Observation:
    if doubtful:
        return Observation(feature, name, _rounded(value), begin_ns, "gateway", "suspect", "range", HOUR_NS)
    return said.of_interval(feature, name, _rounded(value), begin_ns, begin_ns + HOUR_NS)


def enough_for_index(known: Mapping[Pollutant, int], station: Literal["background", "traffic"]) -> bool:
    """Whether the overall index may be said without reserve. Source: the European Environment Agency's index viewer."""
    particles = any(pollutant in known for pollutant in _PARTICLES)
    return particles and "no2" in known and (station == "traffic" or "o3" in known)


def index(
    feature: str, begin_ns: int, bands: Mapping[Pollutant, int], *, humid: bool, complete: bool
) -> Iterator[Observation]:
    """The band of every pollutant, and the worst as the overall one."""
    for pollutant, place in bands.items():
        quality: Quality = "suspect" if humid and pollutant in _PARTICLES else "ok"
        yield _band(feature, f"aqi_{pollutant}_band", place, begin_ns, quality)
    worst = max(bands.values())
    doubtful = humid and any(pollutant in bands for pollutant in _PARTICLES)
    yield _band(feature, "aqi_band", worst, begin_ns, "suspect" if doubtful else "ok" if complete else "estimated")


def _band(feature: str, name: str, place: int, begin_ns: int, quality: Quality) -> Observation:
    reason: Literal["", "range", "gap"] = "range" if quality == "suspect" else "gap" if quality == "estimated" else ""
    return Observation(feature, name, BANDS[place], begin_ns, "gateway", quality, reason, HOUR_NS)


def ozone_8h(feature: str, mean: float, begin_ns: int, *, hours: int) -> Observation:
    """A running mean of eight hours; of six or seven it is estimated."""
    say = said.of_interval if hours == 8 else said.estimated  # noqa: PLR2004 - all eight
    return say(feature, "o3_ug_m3", _rounded(mean), begin_ns, begin_ns + 8 * HOUR_NS)


def day(
    feature: str, bounds: Bounds, day_means: Mapping[Pollutant, Mapping[int, float]], eights: Mapping[int, float]
) -> list[Observation]:
    """Means of the local day from 75 % of its hours on, and the highest 8-hour mean of ozone from 18 on."""
    begin_ns, end_ns = bounds
    said_now: list[Observation] = []
    shares = []
    for pollutant, hours in day_means.items():
        name, share = f"{pollutant}_ug_m3", len(hours) * HOUR_NS / (end_ns - begin_ns)
        shares.append(share)
        if share < CAPTURE:
            said_now.append(said.missing(feature, name, begin_ns, end_ns))
        else:
            said_now.append(
                said.of_interval(feature, name, _rounded(sum(hours.values()) / len(hours)), begin_ns, end_ns)
            )
    if shares:
        said_now.append(said.coverage(feature, min(shares), begin_ns, end_ns))
    if len(eights) >= _LEAST_EIGHTS:
        said_now.append(said.of_interval(feature, "o3_max_8h_ug_m3", _rounded(max(eights.values())), begin_ns, end_ns))
    elif "o3" in day_means:
        said_now.append(said.missing(feature, "o3_max_8h_ug_m3", begin_ns, end_ns))
    return said_now


def hours_per_band(feature: str, bounds: Bounds, bands: Mapping[int, int], *, doubtful: float) -> Iterator[Observation]:
    """How many hours of the day the overall index spent in each band.

    ``doubtful``: share of the known hours that were said with reserve; from a quarter of them the day is too.
    """
    begin_ns, end_ns = bounds
    share = len(bands) * HOUR_NS / (end_ns - begin_ns)
    if not bands:
        return
    for place, word in enumerate(BANDS):
        name = f"aqi_{word.replace('-', '_')}_h"
        hours = float(sum(each == place for each in bands.values()))
        if share < CAPTURE:
            yield said.missing(feature, name, begin_ns, end_ns)
        else:
            say = said.estimated if doubtful >= DOUBTFUL or share < 1.0 else said.of_interval
            yield say(feature, name, hours, begin_ns, end_ns)


def annual(
    feature: str, end_ns: int, annual_means: Mapping[Pollutant, AnnualMean], least_capture: float
) -> Iterator[Observation]:
    """The mean of twelve months as of their end and its share of the limit of 2030; refused below the capture."""
    limited = {each: annual_means[each] for each in LIMITS_2030_UG_M3 if each in annual_means}
    for pollutant, found in limited.items():
        name, share = f"{pollutant}_annual_ug_m3", f"{pollutant}_of_limit_2030_percent"
        if found.capture < least_capture:
            yield said.missing(feature, name, end_ns, end_ns)
            yield said.missing(feature, share, end_ns, end_ns)
        else:
            of_limit = 100.0 * found.mean_ug_m3 / LIMITS_2030_UG_M3[pollutant]
            yield said.of_interval(feature, name, _rounded(found.mean_ug_m3), end_ns, end_ns)
            yield said.of_interval(feature, share, round(of_limit, 1), end_ns, end_ns)
    if limited:
        yield said.coverage(feature, min(found.capture for found in limited.values()), end_ns, end_ns)
