"""``/gbfs/3.0/{pilot}/…``: the feeds of a pilot that has docking stations of hired bicycles.

Where the stations are is open to everybody; how many bicycles they hold is a state, and so for tier ``startup``.
"""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.open_data.city import OpenPilot, Thing
from gateway.open_data.params import Params
from gateway.open_data.problems import Problem, quoted
from gateway.open_data.reading import Reading
from gateway.open_data.service import Body, Service
from gateway.open_data.told import Asker, newest
from pipelines.encodings import gbfs
from pipelines.open_data.channels import BY_NAME

ROOT = "/gbfs/3.0"
DOCK = "bike-dock"


def endpoint(service: Service) -> Callable[[Request], "object"]:
    """The handler of all feeds."""

    async def handler(request: Request) -> Response:
        name, feed = request.path_params["pilot"], request.path_params["feed"]
        if feed not in ("gbfs", *gbfs.FEEDS):
            mend = f"One of gbfs.json, {', '.join(f'{each}.json' for each in gbfs.FEEDS)}."
            raise Problem(404, f"there is no feed {quoted(feed)}", mend, where="path")
        Params(request, ())
        return await service.answer(request, lambda reading: _feed(reading, name, feed))

    return handler


def _feed(reading: Reading, name: str, feed: str) -> Body:
    pilot = reading.pilot(name)
    docks = [thing for thing in reading.things(pilot) if thing.feature.startswith(f"{DOCK}/")]
    if not docks:
        mend = "GBFS tells of stations of hired bicycles only."
        raise Problem(404, f"{name} has no docking stations", mend, where="pilot")
    match feed:
        case "gbfs":
            data = gbfs.discovery(f"{reading.settings.base_url}{ROOT}/{name}")
        case "system_information":
            data = gbfs.system_information(_system(pilot))
        case "station_information":
            data = gbfs.station_information(_stations(reading, pilot, docks))
        case _:
            _refuse_without_tier(reading, name)
            data = gbfs.station_status(_stations(reading, pilot, docks))
    return Body(msgspec.json.encode(gbfs.feed(data, reading.until_ns)))


def _refuse_without_tier(reading: Reading, name: str) -> None:
    tier, needed = reading.grant.tier_for(name), BY_NAME["state"].tiers
    if tier not in needed:
        what = f"station_status is not open to tier {tier}"
        raise Problem(403, what, f"It needs a key of tier {needed[0]} for this pilot.", where="Authorization")


def _stations(reading: Reading, pilot: OpenPilot, docks: list[Thing]) -> list[gbfs.Station]:
    asker = Asker(reading.grant.tier_for(pilot.pilot.id), reading.until_ns)
    series = reading.series(pilot)
    return [
        gbfs.Station(dock.entity, dock.name or dock.id, newest(reading.pages, pilot, dock, series, asker))
        for dock in docks
    ]


def _system(pilot: OpenPilot) -> gbfs.System:
    table = pilot.pilot
    return gbfs.System(f"{table.city}-{table.id}", table.title, table.publisher, table.contact.email, table.timezone)
