"""Simulated lamps, whose truth is known: each that fails for a night is found out, and none other."""

import msgspec
import pytest

from pipelines.domains import HOUR_NS, Place, Reading
from pipelines.domains.light.details import LampDetails
from pipelines.domains.light.lamp import Lamp
from pipelines.model import Location
from simulators.signals import Truth
from simulators.signals.light import StreetLights, details
from tests.pipelines.domains.fold import fold, of, site, values
from tests.simulated_site import at, live, truths
from tests.simulated_site import site as simulated

START, DAYS, LAMPS = "2026-10-01T00:00", 45, 8
NIGHT_NS = 26 * HOUR_NS
"""From any time of day there is a night within it, and two reports of that night."""


def mended_ns(changes: list[Truth], failure: Truth) -> int:
    """When the lamp burns again; the end of the world if it does not."""
    ends = [one.at_ns for one in changes if one.feature == failure.feature and not one.value]
    return min((end for end in ends if end > failure.at_ns), default=at(START) + DAYS * 24 * HOUR_NS)


def test_failures_are_found_in_their_first_night_and_the_energy_is_exact() -> None:
    parameters = StreetLights(failures_per_year=8.0)
    reports = live("lights", parameters, devices=LAMPS, days=DAYS, start=START)
    readings = [
        Reading(
            one.at_ns, one.device.dev_eui, one.device.feature, name, value if isinstance(value, bool) else float(value)
        )
        for one in reports
        for name, value in (one.readings or {}).items()
    ]
    lamp = msgspec.convert(details(parameters, "", 0), LampDetails)
    places = {
        one.feature: Place(location=Location(one.longitude, one.latitude), details=lamp)
        for one in simulated("lights", LAMPS).devices
    }
    said = fold(Lamp(), readings, site(places), until=at(START) + DAYS * 24 * HOUR_NS)
    changes = list(truths(reports, "lamp_failed"))
    failed = [one for one in changes if one.value]
    lasting = [one for one in failed if one.at_ns + NIGHT_NS < mended_ns(changes, one)]
    out = [one for one in of(said, "lamp_out") if one.value is True]
    assert len(lasting) > 3
    for failure in lasting:
        assert any(one.feature == failure.feature and 0 <= one.time_ns - failure.at_ns < NIGHT_NS for one in out)
    assert len(out) <= len(failed)
    assert set(values(said, "burn_in_daylight_h")) == {0.0}
    for one in places:
        register = [
            float(each.value) for each in readings if each.feature == one and each.property == "energy_import_kwh"
        ]
        days = [float(each.value) for each in of(said, "energy_import_interval_kwh") if each.feature == one]
        assert sum(days) == pytest.approx(register[-1] - register[0], abs=0.75)  # the open days at both ends
