"""Tables by domain and feature type: what European catalogues, registers and signs call what we observe.

Sources: EU data themes (Publications Office, authority/data-theme); categories of high-value datasets (vocabulary
asd487ae75 of data.europa.eu, to Regulation (EU) 2023/138); sensor types and themes of Amsterdam's Sensorenregister;
DTPR taxonomy 1, device chain (Helpful Places and contributors, CC BY 4.0, https://dtpr.io).
"""

from collections.abc import Mapping

import msgspec

from pipelines.vocabulary import Domain

EU = "http://publications.europa.eu/resource/authority"


class DomainSubject(msgspec.Struct, frozen=True):
    """What one domain is called elsewhere.

    ``theme``: code and English name of the EU data theme. ``high_value``: category of the high-value datasets and its
    name, "" where Regulation (EU) 2023/138 has none that fits; ``by_kind``: it fits whatever act asked for the data.
    ``register_theme``: of Amsterdam's register. ``purpose``: element of DTPR.
    """

    title: str
    theme: tuple[str, str]
    register_theme: str
    purpose: str
    high_value: tuple[str, str] = ("", "")
    by_kind: bool = False
    keywords: tuple[str, ...] = ()


_TRANSPORT = ("TRAN", "Transport")
_ENVIRONMENT = ("ENVI", "Environment")
_ENERGY = ("ENER", "Energy")
_WATER = ("http://data.europa.eu/bna/c_43f88346", "Water")

SUBJECTS: Mapping[Domain, DomainSubject] = {
    Domain.PARKING: DomainSubject("Parking", _TRANSPORT, "Mobiliteit: auto", "mobility", keywords=("parking bays",)),
    Domain.WASTE: DomainSubject("Waste containers", _ENVIRONMENT, "Milieu", "waste_management", keywords=("waste",)),
    Domain.CYCLING: DomainSubject("Cycling", _TRANSPORT, "Mobiliteit: fiets", "mobility", keywords=("bicycle counts",)),
    Domain.GREEN: DomainSubject("Urban green", _ENVIRONMENT, "Milieu", "ecology", keywords=("soil moisture", "trees")),
    Domain.WATER: DomainSubject("Water", _ENVIRONMENT, "Milieu", "water_efficiency", _WATER, keywords=("water level",)),
    Domain.ENERGY: DomainSubject("Energy", _ENERGY, "Overig", "energy_efficiency", keywords=("electricity",)),
    Domain.AIR: DomainSubject(
        "Air quality",
        _ENVIRONMENT,
        "Milieu",
        "health",
        ("http://data.europa.eu/bna/c_63b37dd4", "Air"),
        keywords=("particulate matter", "air quality"),
    ),
    Domain.NOISE: DomainSubject(
        "Sound levels",
        _ENVIRONMENT,
        "Milieu",
        "health",
        ("http://data.europa.eu/bna/c_e4358335", "Noise"),
        keywords=("noise",),
    ),
    Domain.WEATHER: DomainSubject(
        "Weather",
        _ENVIRONMENT,
        "Milieu",
        "inform",
        ("http://data.europa.eu/bna/c_3af3368c", "Observations data measured by weather stations"),
        by_kind=True,
        keywords=("weather", "temperature"),
    ),
    Domain.AGRI: DomainSubject(
        "Farm land", ("AGRI", "Agriculture, fisheries, forestry and food"), "Milieu", "ecology", keywords=("soil",)
    ),
    Domain.SAFETY: DomainSubject(
        "Safety",
        ("JUST", "Justice, legal system and public safety"),
        "Overig",
        "safety_security",
        keywords=("alarms",),
    ),
    Domain.MOBILITY: DomainSubject(
        "Mobility", _TRANSPORT, "Mobiliteit", "mobility", keywords=("people counts", "traffic counts")
    ),
    Domain.LIGHT: DomainSubject("Street lights", _ENERGY, "Overig", "energy_efficiency", keywords=("street lighting",)),
    Domain.NETWORK: DomainSubject(
        "Network of sensors",
        ("TECH", "Science and technology"),
        "Overig",
        "connectivity",
        keywords=("LoRaWAN gateways",),
    ),
}
"""Parking, counters and street lights are in no category: Mobility there means transport networks and waterways."""


class KindSubject(msgspec.Struct, frozen=True):
    """What sensors of one feature type are called elsewhere.

    ``register_type``: one of Amsterdam's eleven sensor types. ``technology``: element of DTPR.
    ``said``: what our analytics say of it that is worth a name in the documents; the rest is there in general form.
    """

    register_type: str
    technology: str
    said: tuple[str, ...] = ()


_PROXIMITY = "Aanwezigheid of nabijheidsensor"
_CLIMATE = "Klimaatsensor"
_FLOW = "Vloeistof- en gasstroomsensor"
_POSITION = "Positie- of verplaatsingsensor"
_ELECTRIC = "Electriciteitssensor"

_STREET = ("occupancy_percent", "busy_percent", "mean_stay_min", "free_in_5min_percent", "free_in_15min_percent")
_CONTAINER = ("collected", "time_to_full_p10_h", "time_to_full_p50_h", "time_to_full_p90_h", "overflow_h", "fire_alarm")
_AIR = ("aqi_band", "pm25_corrected_ug_m3", "o3_max_8h_ug_m3")
_WEATHER = ("rain_mm", "et0_mm", "wbgt_c", "utci_c", "humidex_c")

KINDS: Mapping[str, KindSubject] = {
    "parking-spot": KindSubject(_PROXIMITY, "motion_detector", ("overstay", "bay_stuck")),
    "street-parking": KindSubject(_PROXIMITY, "motion_detector", _STREET),
    "waste-container": KindSubject(_POSITION, "ultrasonic_level_sensor", _CONTAINER),
    "bike-counter": KindSubject(_PROXIMITY, "induction_loop", ("bicycles", "average_daily_bicycles", "commute_index")),
    "bike-section": KindSubject(_PROXIMITY, "induction_loop", ("bicycles", "average_daily_bicycles")),
    "bike-dock": KindSubject(_PROXIMITY, ""),
    "bike-link": KindSubject(_PROXIMITY, "induction_loop", ("travel_time_median_s", "delay_percent")),
    "people-counter": KindSubject(_PROXIMITY, "person_detection", ("people", "average_daily_people")),
    "vehicle-counter": KindSubject(_PROXIMITY, "induction_loop", ("vehicles", "average_daily_vehicles")),
    "tree": KindSubject("Dichtheidssensor", "soil_moisture_sensor", ("soil_water_state", "watering_advice")),
    "parcel": KindSubject("Dichtheidssensor", "soil_moisture_sensor", ("soil_water_state", "soil_depletion_mm")),
    "air-station": KindSubject("Chemiesensor", "air_quality", _AIR),
    "noise-station": KindSubject("Geluidsensor", "sound_level_meter", ("ld_db", "le_db", "ln_db", "lden_db", "loud")),
    "weather-station": KindSubject(_CLIMATE, "weather_station", _WEATHER),
    "water-level": KindSubject(_POSITION, "ultrasonic_level_sensor", ("water_level_rate_mm_h", "time_to_alert_min")),
    "water-meter": KindSubject(_FLOW, "", ("water_use_l",)),
    "water-quality": KindSubject("Chemiesensor", "water_quality", ("ph_check", "turbidity_check")),
    "electricity-meter": KindSubject(_ELECTRIC, "", ("energy_import_interval_kwh", "energy_export_interval_kwh")),
    "street-light": KindSubject(_ELECTRIC, "", ("lamp_out", "burn_time_h", "energy_use_interval_kwh")),
    "safety-point": KindSubject(_PROXIMITY, "motion_detector", ("tamper_alarm",)),
    "lora-gateway": KindSubject(_ELECTRIC, "", ("gateway_offline", "gateway_online_percent")),
    "watering-round": KindSubject("Dichtheidssensor", "soil_moisture_sensor", ("water_advised_l", "water_saved_l")),
    "connection": KindSubject(_ELECTRIC, "", ("energy_use_interval_kwh",)),
}

DEVICE_WORDS = ("battery_percent", "battery_months_left", "silent")
"""What every feature's sensor may say of itself."""


WORKED_OUT = frozenset({"street-parking", "bike-section", "watering-round", "connection"})
"""Feature types that no sensor hangs at: they are made of others."""


class Licence(msgspec.Struct, frozen=True):
    """A licence: its name and addresses. ``free_enough``: CC BY or freer, as high-value datasets need."""

    name: str
    url: str
    uri: str
    free_enough: bool


LICENCES: Mapping[str, Licence] = {
    "CC-BY-4.0": Licence(
        "Creative Commons Attribution 4.0 International",
        "https://creativecommons.org/licenses/by/4.0/",
        f"{EU}/licence/CC_BY_4_0",
        free_enough=True,
    ),
    "CC0-1.0": Licence(
        "Creative Commons Zero 1.0 Universal",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        f"{EU}/licence/CC0",
        free_enough=True,
    ),
    "etalab-2.0": Licence(
        "Licence Ouverte 2.0",
        "https://spdx.org/licenses/etalab-2.0.html",
        "https://spdx.org/licenses/etalab-2.0.html",
        free_enough=True,
    ),
}


def licence_of(named: str) -> Licence:
    """A licence by its SPDX id or its own address; of one that is not in the table nothing is claimed."""
    found = LICENCES.get(named)
    if found is not None:
        return found
    url = named if named.startswith(("http://", "https://")) else f"https://spdx.org/licenses/{named}.html"
    return Licence(named, url, url, free_enough=False)
