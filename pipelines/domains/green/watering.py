"""A pilot's watering: at each local midnight, litres per tree and round for the day that begins, and what they save."""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import NEVER_NS, Reading, Site
from pipelines.domains.green.details import WEEKDAYS, GreenSettings, SoilDetails
from pipelines.domains.green.formulas import litres, readily_available_water, water_content_at
from pipelines.domains.green.plant import ENOUGH_MM, FORGOTTEN_NS, HEARD_NS, Plant
from pipelines.domains.green.rainfall import Rainfall, add_rain, rain_of_day_mm
from pipelines.domains.green.soil import MOISTURE, TEMPERATURE, TENSION, lacking_mm
from pipelines.domains.local_time import day_bounds, local_date
from pipelines.domains.register import MIN_CAPTURE
from pipelines.domains.said import coverage, missing, of_interval
from pipelines.domains.weather.gauge import AMOUNT, TOTAL
from pipelines.model import Observation
from pipelines.vocabulary import Domain

RAINED_SHARE = 0.7
"""Of the dose: so much rain within the last day, and the round can wait."""
DRY_DAY_MM = 1.0
TREE = "tree/"


class WateringState(msgspec.Struct, array_like=True):
    """A pilot's running day, its plants (forgotten after two weeks of silence) and what its stations measured."""

    begin_ns: int = 0
    end_ns: int = 0
    plants: dict[str, Plant] = {}
    rain: Rainfall = msgspec.field(default_factory=Rainfall)


class Advice(msgspec.Struct, frozen=True):
    """For one plant and day. ``litres``: None where nobody knows, or the area is not known."""

    word: str
    litres: float | None = None


class Watering:
    """Key: the pilot, because rain falls on all its trees. It speaks when a day is over."""

    producer = "green-watering"
    version = 1
    sure_only = True
    features = frozenset({"tree", "parcel", "weather-station"})
    properties = frozenset({MOISTURE, TENSION, TEMPERATURE, AMOUNT, TOTAL})
    state = WateringState
    key_bytes = 4 << 20
    """Two days of a pilot with some 800 plants."""

    def key(self, reading: Reading, site: Site) -> str | None:
        """The pilot."""
        del reading
        return site.pilot

    def begin(self, key: str, site: Site) -> WateringState:
        """No day runs."""
        return WateringState()

    def due_ns(self, state: WateringState, site: Site) -> int:
        """The day's end."""
        return state.end_ns if state.end_ns > 0 else NEVER_NS

    def pass_time(self, state: WateringState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Checks the sensors of each day that is over, and advises for the one that begins."""
        said: list[Observation] = []
        while 0 < state.end_ns <= to_ns:
            said += _midnight(state, site)
            state.begin_ns, state.end_ns = day_bounds(state.end_ns, site.zone) if state.plants else (0, 0)
        return said

    def take(self, state: WateringState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Rain may ask all plants for an answer; a soil reading is kept."""
        if not isinstance(reading.value, float):
            return ()
        if reading.property in (AMOUNT, TOTAL):
            _rained(state, reading.time_ns, add_rain(state.rain, reading), site)
            return ()
        plant = state.plants.get(reading.feature)
        if plant is None:
            plant = state.plants[reading.feature] = Plant()
        if not state.end_ns:
            state.begin_ns, state.end_ns = day_bounds(reading.time_ns, site.zone)
        _measure(plant, reading.property, reading.time_ns, reading.value, site.place(reading.feature).details)
        return ()


def _rained(state: WateringState, time_ns: int, rain_mm: float, site: Site) -> None:
    """Asks the plants for an answer while the last day's rain is enough; when it is over, they may be asked again."""
    was, state.rain.enough = state.rain.enough, rain_mm > ENOUGH_MM
    if state.rain.enough:
        for feature, plant in state.plants.items():
            details = site.place(feature).details_as(SoilDetails)
            plant.ask(time_ns, rain_mm, details.full, details.root_depth_m)
    elif was:
        for plant in state.plants.values():
            plant.in_rain = False


def _measure(plant: Plant, name: str, time_ns: int, value: float, details: msgspec.Struct | None) -> None:
    """Keeps a value. Of two sensors the moisture is judged; of a tension alone, the water content it amounts to."""
    if name == TEMPERATURE:
        plant.temperature, plant.temperature_ns = value, time_ns
    elif name == MOISTURE:
        plant.moisture_ns = time_ns
        plant.wet(time_ns, value)
    else:
        plant.tension, plant.tension_ns = value, time_ns
        if plant.moisture_ns < time_ns - HEARD_NS:
            soil = details if isinstance(details, SoilDetails) else SoilDetails()
            plant.wet(time_ns, 100 * water_content_at(soil.texture, value, soil.full, soil.empty))


def _midnight(state: WateringState, site: Site) -> list[Observation]:
    now_ns = state.end_ns
    rain_mm = rain_of_day_mm(state.rain, now_ns)
    said: list[Observation] = []
    by_plant: dict[str, Advice] = {}
    for feature in sorted(state.plants):
        plant = state.plants[feature]
        if now_ns - max(plant.heard_ns, plant.temperature_ns) > FORGOTTEN_NS:
            del state.plants[feature]
            continue
        if plant.heard_ns < 0:  # so far it has only told the temperature
            continue
        check = plant.check(now_ns, dry_day=rain_mm is None or rain_mm < DRY_DAY_MM)
        if plant.heard_ns >= state.begin_ns:
            said.append(of_interval(feature, "soil_sensor_check", check, state.begin_ns, now_ns))
        plant.next_day()
        known = check == "ok" and plant.heard_ns >= now_ns - HEARD_NS
        by_plant[feature] = _advise(plant, feature, now_ns, rain_mm, site) if known else Advice("unknown")
    tomorrow = day_bounds(now_ns, site.zone)
    said += _say(by_plant, tomorrow, site)
    return said


def _advise(plant: Plant, feature: str, now_ns: int, rain_mm: float | None, site: Site) -> Advice:
    details = site.place(feature).details_as(SoilDetails)
    moisture = plant.smooth if plant.moisture_ns >= now_ns - HEARD_NS else None
    tension = plant.tension if plant.tension_ns >= now_ns - HEARD_NS else None
    dose_mm = lacking_mm(details, moisture, tension)
    readily_mm = readily_available_water(details.available_mm, details.depletion_share)
    by_moisture = moisture is not None and lacking_mm(details, moisture, None) >= readily_mm
    by_tension = tension is not None and tension >= details.trigger
    area_m2 = details.area_m2
    if area_m2 is None and feature.startswith(TREE):
        area_m2 = site.settings_as(Domain.GREEN, GreenSettings).tree_area_m2
    if not (by_moisture or by_tension):
        return Advice("wait", None if area_m2 is None else 0.0)
    if rain_mm is not None and rain_mm >= RAINED_SHARE * dose_mm:
        return Advice("rained", None if area_m2 is None else 0.0)
    return Advice("water", None if area_m2 is None else litres(dose_mm, area_m2, details.efficiency))


def _say(by_plant: dict[str, Advice], day: tuple[int, int], site: Site) -> Iterator[Observation]:
    settings = site.settings_as(Domain.GREEN, GreenSettings)
    is_round = WEEKDAYS[local_date(day[0], site.zone).weekday()] in settings.round_weekdays
    for feature, advice in by_plant.items():
        yield of_interval(feature, "watering_advice", advice.word, *day)
        if advice.word == "unknown":
            yield missing(feature, "water_advised_l", *day)
        elif advice.litres is not None:
            yield of_interval(feature, "water_advised_l", round(advice.litres, 1), *day)
        if is_round and advice.litres is not None and feature.startswith(TREE):
            yield of_interval(feature, "water_saved_l", round(settings.round_litres - advice.litres, 1), *day)
    for area, trees in _trees_by_area(site).items():
        heard = [by_plant[feature] for feature in trees if feature in by_plant]
        known = [advice.litres for advice in heard if advice.litres is not None]
        if heard:
            yield from _round(area, known, len(trees), day, settings.round_litres if is_round else None)


def _trees_by_area(site: Site) -> dict[str, list[str]]:
    """The trees of each area as the files name them, also those that are silent."""
    areas: dict[str, list[str]] = {}
    for feature, place in site.places.items():
        if place.area and feature.startswith(TREE):
            areas.setdefault(place.area, []).append(feature)
    return areas


def _round(
    area: str, known: list[float], trees: int, day: tuple[int, int], each_litres: float | None
) -> Iterator[Observation]:
    """The trees of an area together: of those whose sensors can be believed, if these are enough of them."""
    feature = f"watering-round/{area}"
    share = len(known) / trees
    yield coverage(feature, share, *day)
    if share < MIN_CAPTURE:
        yield missing(feature, "water_advised_l", *day)
        return
    yield of_interval(feature, "water_advised_l", round(sum(known), 1), *day)
    if each_litres is not None:
        yield of_interval(feature, "water_saved_l", round(each_litres * len(known) - sum(known), 1), *day)
