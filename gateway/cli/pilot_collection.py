"""``citygate pilot collection``: which containers to empty next, and in which order."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import Seconds, config_option, nanoseconds, now, open_config
from gateway.cli.pilot_files import chosen_pilot, store_file
from gateway.cli.screen import JsonOption, fail, mistakes_end_the_command, print_json, print_table
from gateway.files.load import Files
from gateway.files.places import coordinate_fault
from gateway.sinks.store.read import History, Latest
from pipelines.domains.waste.route import Bin, Tour, plan_tour
from pipelines.domains.waste.settings import WasteSettings
from pipelines.model import Device, Location
from pipelines.vocabulary import Domain

HOUR_NS = 3_600 * 1_000_000_000
LEVEL = "fill_level_clean_percent"
TIME_TO_FULL = ("time_to_full_p10_h", "time_to_full_p50_h", "time_to_full_p90_h")
LONGEST_BELIEVED_H = 48.0


class Place(click.ParamType):  # type: ignore[type-arg] # generic only in the newest click
    """``4.4801,51.0257``: longitude and latitude."""

    name = "place"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        """The place. Calls ``fail`` on anything else."""
        if isinstance(value, Location):
            return value
        try:
            longitude, latitude = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"'{value}' is not a place. Write LONGITUDE,LATITUDE: 4.4801,51.0257", param, ctx)
        if fault := coordinate_fault(longitude, latitude):
            self.fail(". ".join(fault), param, ctx)
        return Location(longitude, latitude)


@click.command(epilog=EPILOGUE)
@click.argument("pilot_id", metavar="PILOT")
@config_option
@click.option(
    "--within",
    "within_s",
    type=Seconds(),
    default="36h",
    show_default=True,
    help="Until the tour after this one: what will be full by then is emptied now.",
)
@click.option(
    "--full-by",
    "quantile",
    type=click.Choice(["p10", "p50", "p90"]),
    default="p10",
    show_default=True,
    help="How careful: p10 empties what has one chance in ten of being full by then.",
)
@click.option("--depot", type=Place(), metavar="LON,LAT", help="Where the tour begins and ends.")
@JsonOption
def collection(
    pilot_id: str,
    config_path: Path | None,
    within_s: float,
    quantile: str,
    depot: Location | None,
    *,
    as_json: bool,
) -> None:
    """List the containers to empty on the next tour, in the order of the way.

    A container is due when it is full, or will be before the tour after this one. The tour is compared with one over
    all containers; both by nearest neighbour and 2-opt, on great circles times 1.3. It reads the embedded store, also
    beside a running gateway.

    \b
    Examples:
        citygate pilot collection waste-mechelen
        citygate pilot collection waste-mechelen --within 60h --depot 4.4801,51.0257 --json
    """
    config = open_config(config_path)
    with mistakes_end_the_command():
        files = Files.load(config)
    pilot = chosen_pilot(files, pilot_id)
    store = store_file(config)
    try:
        with History(store) as history:
            latest = history.latest(pilot_id)
    except FileNotFoundError:
        fail(Exit.FAILED, f"there is no store at {store}", "Run the gateway first; the store sink keeps the history.")
    settings = msgspec.convert(pilot.settings.get(Domain.WASTE, {}), WasteSettings)
    bins, unknown = _bins(files.devices, latest, pilot_id, now_ns=nanoseconds(now()), quantile=quantile)
    tour = plan_tour(bins, depot=depot, until_h=within_s / 3_600, full_percent=settings.full_percent)
    if as_json:
        print_json({"tour": tour, "saved_km": tour.saved_km, "containers": len(bins), "unknown": unknown})
    else:
        _print(tour, len(bins), unknown)


def _bins(
    devices: Iterable[Device], latest: Iterable[Latest], pilot_id: str, *, now_ns: int, quantile: str
) -> tuple[list[Bin], list[str]]:
    """Containers whose level is known, and those of which it is not, or which have no position."""
    name = f"time_to_full_{quantile}_h"
    newest: dict[tuple[str, str], tuple[float, float]] = {}
    for one in latest:
        age_h = (now_ns - one.reading.time_ns) / HOUR_NS
        if one.series.derived and one.series.property in {LEVEL, name} and age_h <= LONGEST_BELIEVED_H:
            newest[one.series.feature, one.series.property] = float(one.reading.value), age_h
    places: Mapping[str, Location | None] = {
        device.feature: device.location
        for device in devices
        if device.pilot == pilot_id and device.feature.startswith("waste-container/")
    }
    bins, unknown = [], []
    for feature, location in sorted(places.items()):
        level = newest.get((feature, LEVEL))
        if level is None or location is None:
            unknown.append(feature)
            continue
        hours, age_h = newest.get((feature, name), (None, 0.0))
        bins.append(Bin(feature, location, level[0], None if hours is None else hours - age_h))
    return bins, unknown


def _print(tour: Tour, containers: int, unknown: list[str]) -> None:
    rows = [
        (
            str(number),
            stop.bin.feature.partition("/")[2],
            f"{stop.bin.level_percent:.0f} %",
            "" if stop.bin.full_in_h is None else f"{max(0.0, stop.bin.full_in_h):.0f} h",
            f"{stop.way_km:.2f} km",
        )
        for number, stop in enumerate(tour.stops, 1)
    ]
    headers = ("#", "container", "#level", "#full in", "#way")
    print_table("", headers, rows, empty="Nothing has to be emptied.")
    click.echo(
        f"{len(rows)} of {containers} containers: {tour.km:.2f} km instead of {tour.fixed_km:.2f} km, "
        f"{tour.co2_kg:.1f} kg CO2 instead of {tour.fixed_co2_kg:.1f} kg."
    )
    if unknown:
        click.echo(f"{len(unknown)} without a level of the last two days or a position: {', '.join(unknown)}", err=True)
