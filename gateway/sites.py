"""What the machines of a pilot may know of the operator's files: its zone, its settings, its places."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from gateway.files.domain_tables import read_details, read_settings
from gateway.files.load import Files
from gateway.files.pilots import Pilot
from pipelines.domains import Place, Site
from pipelines.identify import plain_eui

LORA_GATEWAY = "lora-gateway/"


def sites_of(files: Files) -> Mapping[str, Site]:
    """Every pilot as its machines see it. Of a feature with several records the one that begins latest counts."""
    places: dict[str, dict[str, Place]] = {pilot: {} for pilot in files.pilots}
    lora_gateways: dict[str, dict[str, str]] = {pilot: {} for pilot in files.pilots}
    for device in sorted(files.devices, key=lambda device: device.valid_from_ns or 0):
        details = read_details(device.feature, device.details)
        places[device.pilot][device.feature] = Place(device.area, device.location, details)
        if device.feature.startswith(LORA_GATEWAY):
            lora_gateways[device.pilot][plain_eui(device.id) or device.id] = device.feature
    return {
        name: Site(
            pilot=name,
            city=pilot.city,
            zone=ZoneInfo(pilot.timezone),
            places=places[name],
            settings=_settings_of(pilot),
            lora_gateways=lora_gateways[name],
        )
        for name, pilot in files.pilots.items()
    }


def _settings_of(pilot: Pilot) -> Mapping[str, msgspec.Struct]:
    read = ((domain.value, read_settings(domain, table)) for domain, table in pilot.settings.items())
    return {domain: settings for domain, settings in read if settings is not None}
