"""The figures of a pilot's card: what its domains come to now, out of memory alone."""

from collections.abc import Callable, Iterator, Sequence

from gateway.dashboard.answers import Headline, Thing
from gateway.dashboard.present import Cell, Present
from gateway.dashboard.troubles import link_to
from gateway.dashboard.units import UNTOLD, ms, rounded, unit_of
from gateway.dashboard.words import word
from pipelines.domains import HOUR_NS, Site
from pipelines.domains.parking.street import FEATURE as STREET
from pipelines.domains.parking.street import street_name
from pipelines.domains.waste.settings import WasteSettings
from pipelines.vocabulary import PROPERTIES

MAX_HEADLINES = 4
FRESH_NS = 24 * HOUR_NS
"""An older value is no headline."""
DAYS_NS = range(23 * HOUR_NS, 26 * HOUR_NS)
"""Intervals that are a local day."""


class Desk:
    """What a domain's figures are made of: the newest values, one pilot's things, its site, and the time."""

    def __init__(self, present: Present, things: Sequence[Thing], site: Site, now_ns: int) -> None:
        self.present = present
        self.things = things
        self.site = site
        self.now_ns = now_ns

    def values(self, *names: str) -> list[tuple[Thing, Cell]]:
        """The newest fresh value of each thing that has one."""
        found = []
        for thing in self.things:
            one = self.present.newest(thing.feature, *names)
            if one and one[1].quality not in UNTOLD and self.now_ns - one[1].time_ns <= FRESH_NS + one[0][1]:
                found.append((thing, one[1]))
        return found

    def numbers(self, *names: str) -> list[tuple[float, Thing, Cell]]:
        """Those that are numbers."""
        found = self.values(*names)
        return [(cell.value, thing, cell) for thing, cell in found if isinstance(cell.value, float)]

    def raised(self, *names: str) -> int:
        """At how many things one of these alarms stands."""
        return sum(any((thing.feature, name) in self.present.raised for name in names) for thing in self.things)


OWN_PAGES = ("parking", "waste", "cycling", "green")


def page_of(domain: str) -> str:
    """The page of a domain."""
    return f"/{domain}" if domain in OWN_PAGES else f"/domains/{domain}"


Maker = Callable[[Desk], Iterator[Headline]]


def headlines(domain: str, desk: Desk) -> list[Headline]:
    """Up to four figures of a domain."""
    maker = _MAKERS.get(domain)
    return list(maker(desk))[:MAX_HEADLINES] if maker is not None and desk.things else []


def _count(code: str, number: int, link: str, *, at_ns: int | None = None) -> Headline:
    return Headline(code, number, "", "", link, ms(at_ns) if at_ns is not None else None)


def _extreme(
    code: str, found: list[tuple[float, Thing, Cell]], name: str, *, lowest: bool = False
) -> Iterator[Headline]:
    if found:
        pick = min if lowest else max
        number, thing, cell = pick(found, key=lambda one: one[0])
        yield Headline(code, rounded(number), unit_of(name), thing.name, link_to(thing.id), ms(cell.time_ns))


def _parking(desk: Desk) -> Iterator[Headline]:
    states = desk.values("occupied")
    free = sum(cell.value is False for thing, cell in states if thing.state != "silent")
    yield Headline("bays_free", free, "", "", page_of("parking"), None, len(desk.things))
    names = {street_name(thing.area or desk.site.pilot): thing.area or desk.site.pilot for thing in desk.things}
    for name, area in names.items():
        rank = desk.present.cells(f"{STREET}/{name}").get(("guidance_rank", 0))
        if rank is not None and rank.value == 1 and len(names) > 1:
            yield Headline("best_street", area, "", "", page_of("parking"), ms(rank.time_ns))
            break
    yield _count(
        "overstays", sum(stands_too_long(desk.present, thing.feature) for thing in desk.things), page_of("parking")
    )


def stands_too_long(present: Present, feature: str) -> bool:
    """Whether the car that stands at a bay has stood longer than the rule allows."""
    cells = present.cells(feature)
    said, state = cells.get(("overstay", 0)), cells.get(("occupied", 0))
    stands = said is not None and said.value is True and state is not None and state.value is True
    return stands and said is not None and state is not None and said.time_ns >= state.since_ns


def _waste(desk: Desk) -> Iterator[Headline]:
    levels = desk.numbers("fill_level_clean_percent", "fill_level_percent")
    yield from _extreme("fullest", levels, "fill_level_percent")
    full = desk.site.settings_as("waste", WasteSettings).full_percent
    due = sum(level >= full or _soon_full(desk, thing.feature) for level, thing, _ in levels)
    yield _count("to_empty", due, page_of("waste"))


def _soon_full(desk: Desk, feature: str) -> bool:
    cell = desk.present.cells(feature).get(("time_to_full_p10_h", 0))
    if cell is None or not isinstance(cell.value, float):
        return False
    return cell.time_ns + cell.value * HOUR_NS <= desk.now_ns + 24 * HOUR_NS


def _counts(*names: str) -> Maker:
    """Of each name, a count of its own: people and vehicles have no sum. The last hour of each, then yesterday."""

    def maker(desk: Desk) -> Iterator[Headline]:
        link = page_of(desk.things[0].domain)
        found = [(name, cells) for name in names if (cells := _counted(desk, name))]
        for name, cells in found:
            hours = [cell for interval_ns, cell in cells if interval_ns == HOUR_NS]
            if hours:
                until_ns = max(cell.time_ns for cell in hours) + HOUR_NS
                yield _count(f"{name}_last_hour", _sum(hours), link, at_ns=until_ns)
        for name, cells in found:
            if days := [cell for interval_ns, cell in cells if interval_ns in DAYS_NS]:
                yield _count(f"{name}_yesterday", _sum(days), link)

    return maker


def _counted(desk: Desk, name: str) -> list[tuple[int, Cell]]:
    """The newest counts of an hour and of a day, of each thing, with the length of their interval."""
    found = []
    for thing in desk.things:
        for (said, interval_ns), cell in desk.present.cells(thing.feature).items():
            oldest_ns = {HOUR_NS: 3 * HOUR_NS}.get(interval_ns, 2 * FRESH_NS if interval_ns in DAYS_NS else -1)
            fresh = desk.now_ns - cell.time_ns <= oldest_ns
            if said == name and fresh and isinstance(cell.value, float) and cell.quality not in UNTOLD:
                found.append((interval_ns, cell))
    return found


def _sum(cells: Sequence[Cell]) -> int:
    return round(sum(cell.value for cell in cells if isinstance(cell.value, float)))


def _green(desk: Desk) -> Iterator[Headline]:
    advice = desk.values("watering_advice")
    link = page_of(desk.things[0].domain)
    if advice:
        yield _count("to_water", sum(cell.value == "water" for _, cell in advice), link)
        litres = sum(number for number, _, _ in desk.numbers("water_advised_l"))
        yield Headline("litres", round(litres), unit_of("water_advised_l"), "", link, None)
    moisture = desk.numbers("soil_moisture_percent")
    yield from _extreme("driest", moisture, "soil_moisture_percent", lowest=True)


def _air(desk: Desk) -> Iterator[Headline]:
    order = PROPERTIES["aqi_band"].states
    bands = [(order.index(str(cell.value)), thing, cell) for thing, cell in desk.values("aqi_band")]
    if bands:
        _, thing, cell = max(bands, key=lambda one: one[0])
        said = word("states", str(cell.value))
        yield Headline("worst_air", cell.value, "", thing.name, link_to(thing.id), ms(cell.time_ns), word=said)
    yield from _extreme("pm25", desk.numbers("pm25_ug_m3"), "pm25_ug_m3")


def _noise(desk: Desk) -> Iterator[Headline]:
    yield from _extreme("loudest", desk.numbers("laeq_db"), "laeq_db")


def _weather(desk: Desk) -> Iterator[Headline]:
    yield from _extreme("temperature", desk.numbers("temperature_c"), "temperature_c")
    yield from _extreme("rain", desk.numbers("rain_mm"), "rain_mm")


def _water(desk: Desk) -> Iterator[Headline]:
    yield from _extreme("highest_water", desk.numbers("water_level_m"), "water_level_m")
    if any(thing.feature_type == "water-meter" for thing in desk.things):
        yield _count("leaks", desk.raised("leak_suspected", "leak"), page_of("water"))


def _energy(desk: Desk) -> Iterator[Headline]:
    power = desk.numbers("power_w")
    if power:
        total = sum(number for number, _, _ in power)
        yield Headline("power", rounded(float(total)), unit_of("power_w"), "", page_of("energy"), None)


def _light(desk: Desk) -> Iterator[Headline]:
    yield _count("lamps_out", desk.raised("lamp_out"), page_of("light"))


def _safety(desk: Desk) -> Iterator[Headline]:
    doors = desk.values("door_open")
    if doors:
        yield _count("doors_open", sum(cell.value is True for _, cell in doors), page_of("safety"))


_MAKERS: dict[str, Maker] = {
    "parking": _parking,
    "waste": _waste,
    "cycling": _counts("bicycles"),
    "mobility": _counts("people", "vehicles"),
    "green": _green,
    "agri": _green,
    "air": _air,
    "noise": _noise,
    "weather": _weather,
    "water": _water,
    "energy": _energy,
    "light": _light,
    "safety": _safety,
}
