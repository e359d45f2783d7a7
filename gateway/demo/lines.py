"""One line of the demo's terminal for each domain: what a person would ask of it first.

Free and taken differ by their sign first and by colour second: not every terminal, and not every eye, has colours. To
add a line: a function here, a row in ``LINES``. None: nothing is known of it yet.
"""

from collections.abc import Callable, Mapping

from rich.text import Text

from gateway.demo.town import Town, spoken, streets

FULL_PERCENT = 80.0
FREE, TAKEN = "□", "■"
LEVELS = "▁▂▃▄▅▆▇█"


def parking(town: Town) -> Text | None:
    """Every bay, street by street."""
    bays = town.of_kind("parking-spot", "occupied")
    text = Text()
    for street, names in streets(bays).items():
        taken = [bays[name].reading.value is True for name in names]
        text.append(("\n" if text else "") + f"{spoken(street)}  ")
        for one in taken:
            text.append(TAKEN if one else FREE, "bold red" if one else "green")
        text.append(f"  {taken.count(False)} of {len(taken)} free")
    return text if bays else None


def waste(town: Town) -> Text | None:
    """A bar for each bin, and the fullest by name."""
    fills = fill_levels(town)
    if not fills:
        return None
    text = Text()
    for percent in fills.values():
        step = min(len(LEVELS) - 1, max(0, int(percent / 100 * len(LEVELS))))
        text.append(LEVELS[step], "bold red" if percent >= FULL_PERCENT else "green")
    fullest = max(fills, key=lambda name: fills[name])
    full = sum(percent >= FULL_PERCENT for percent in fills.values())
    return text.append(f"  {full} of {len(fills)} to empty, the fullest is {spoken(fullest)}: {fills[fullest]:.0f} %")


def fill_levels(town: Town) -> dict[str, float]:
    """Per cent by container: cleaned of the sensor's slips, else as measured.

    A sensor a little high measures 101 % in a full container; no container is fuller than full.
    """
    measured = town.of_kind("waste-container", "fill_level_percent")
    cleaned = town.of_kind("waste-container", "fill_level_clean_percent")
    newest = {**measured, **cleaned}
    return {name: min(100.0, float(newest[name].reading.value)) for name in sorted(newest)}


def counts(town: Town) -> Text | None:
    """What passed in the last whole hour."""
    kinds = {"bicycles": "bike-counter", "people": "people-counter", "vehicles": "vehicle-counter"}
    found = {word: town.numbers(kind, word) for word, kind in kinds.items()}
    said = [f"{sum(values):.0f} {word}" for word, values in found.items() if values]
    return Text(", ".join(said) + " in the last hour that was counted") if said else None


def green(town: Town) -> Text | None:
    """Who wants water."""
    advice = town.of_kind("tree", "watering_advice")
    dry = [spoken(name) for name, row in advice.items() if row.reading.value == "water"]
    if not advice:
        return None
    words = f"water {', '.join(dry)}" if dry else "none to water"
    return Text(f"{len(dry)} of {len(advice)} trees: {words}", "yellow" if dry else "")


def weather(town: Town) -> Text | None:
    """Now, at the station."""
    parts = {"temperature_c": "{:.1f} °C", "wind_speed_m_s": "wind {:.1f} m/s", "humidity_percent": "{:.0f} % humid"}
    said = [words.format(value) for name, words in parts.items() for value in town.numbers("weather-station", name)[:1]]
    return Text(", ".join(said)) if said else None


def air(town: Town) -> Text | None:
    """The index, and what it is made of, on average."""
    bands = sorted({str(band).replace("_", " ") for band in town.values("air-station", "aqi_band")})
    pm25, no2 = town.numbers("air-station", "pm25_ug_m3"), town.numbers("air-station", "no2_ug_m3")
    if not pm25 or not no2:
        return None
    means = f"PM2.5 {sum(pm25) / len(pm25):.0f}, NO₂ {sum(no2) / len(no2):.0f} µg/m³"
    return Text(f"{' and '.join(bands) or 'no index yet'}: {means}")


def noise(town: Town) -> Text | None:
    """The last levels."""
    levels = town.numbers("noise-station", "laeq_db")
    return Text(" and ".join(f"{level:.0f}" for level in levels) + " dB(A)") if levels else None


def water(town: Town) -> Text | None:
    """The river, and leaks."""
    levels, leaks = town.numbers("water-level", "water_level_m"), town.values("water-meter", "leak_suspected")
    if not levels:
        return None
    found = leaks.count(True)
    leaking = f", {found} {'meters leak' if found > 1 else 'meter leaks'}" if found else ""
    return Text("river at " + " and ".join(f"{level:.2f}" for level in levels) + f" m{leaking}")


def energy(town: Town) -> Text | None:
    """What is drawn and given back now; lamps."""
    drawn, given = town.numbers("electricity-meter", "power_w"), town.numbers("electricity-meter", "power_export_w")
    lamps = town.numbers("street-light", "power_w")
    if not drawn:
        return None
    lit = sum(power > 10 for power in lamps)  # noqa: PLR2004 - watts: a driver alone draws one or two
    return Text(f"{sum(drawn) / 1000:.1f} kW drawn, {sum(given) / 1000:.1f} kW given; {lit} of {len(lamps)} lamps lit")


def silence(town: Town) -> Text | None:
    """Devices that should have spoken."""
    silent = town.where("silent", value=True)
    return Text(f"silent: {', '.join(map(spoken, silent))}", "yellow") if silent else Text("none silent")


LINES: Mapping[str, Callable[[Town], Text | None]] = {
    "parking": parking,
    "bins": waste,
    "counts": counts,
    "trees": green,
    "weather": weather,
    "air": air,
    "noise": noise,
    "water": water,
    "energy": energy,
    "devices": silence,
}
