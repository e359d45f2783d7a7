"""Which observations are alarms, and in which words they are told. The vocabulary says which; here is how.

To add an alarm: fill the column ``alarm`` of its row in ``pipelines/vocabulary.py``, and write its words below; a test
asks for them. An alarm on a quantity, which has no such column, is a row of LIMITS.
"""

from collections.abc import Mapping

import msgspec

from gateway.alarms.alarm import Alarm
from gateway.health.condition import Severity
from pipelines.domains import Site
from pipelines.domains.waste.settings import WasteSettings
from pipelines.model import Observation
from pipelines.vocabulary import PROPERTIES


class Words(msgspec.Struct, frozen=True):
    """``what``: the sentence behind "subject: "; ``mend``: what to do about it."""

    what: str
    mend: str


WORDS: Mapping[str, Words] = {
    "fire_alarm": Words("it burns in the container", "Look at once; call the fire brigade if it burns."),
    "tilt_alarm": Words("the container lies on its side", "Set it upright, and look whether the sensor still holds."),
    "tamper_alarm": Words("somebody meddles with the device", "Look after it, and at what it has said since."),
    "silent": Words("the device has fallen silent", "Look at its battery, its place and the gateway that hears it."),
    "flapping": Words("the device falls silent again and again", "Its link or its battery is weak: move or mend it."),
    "gateway_offline": Words("the LoRa gateway is dead", "Look at its power and its link; its devices are well."),
    "battery_warning": Words("the battery is nearly empty", "Plan to change it."),
    "lamp_out": Words("the lamp is switched on and draws no power", "Change the lamp or its fuse."),
    "leak": Words("the sensor reports a leak", "Shut the water off and look."),
    "leak_suspected": Words("water runs that nobody seems to use", "Look at night, when all taps are closed."),
    "bay_stuck": Words(
        "the bay stands still for longer than chance allows", "Is the sensor covered, or the bay closed?"
    ),
    "flood_state": Words("the water stands above its threshold", "Follow the flood plan of this place."),
    "overflow": Words("the container is overfull", "Empty it; waste may lie beside it."),
}


class Limit(msgspec.Struct, frozen=True):
    """A quantity that is an alarm from the pilot's own limit on, until it is ``hysteresis`` below it, in its unit.

    ``name``: of the alarm; ``features``: the type of feature that it is asked of.
    """

    name: str
    features: str
    severity: Severity
    hysteresis: float


LIMITS: Mapping[str, Limit] = {"fill_level_percent": Limit("overflow", "waste-container", "warning", 8.0)}
ALARMS: Mapping[str, Mapping[bool | str, Severity]] = {
    name: dict(row.alarm) for name, row in PROPERTIES.items() if row.alarm
}

EXPLAINED_BY: Mapping[str, str] = {"silent": "flapping"}
"""Of the same subject: the first need not be told while the second stands."""

NAMES_BEHIND: Mapping[str, str] = {"devices_behind_names": "gateway-offline"}
"""Texts that name what cannot be heard because of an alarm on the same feature."""

UNHEARD = frozenset({"silent", "flapping"})
"""What is said of a device that cannot be heard."""

NAMES = frozenset({*ALARMS, *LIMITS, *NAMES_BEHIND})
"""Properties that are looked at; all others pass by."""


def kind_of(name: str) -> str:
    """``fire_alarm`` as people write it in settings: ``fire-alarm``."""
    return name.replace("_", "-")


FLAG_KINDS = frozenset(map(kind_of, [*ALARMS, *(limit.name for limit in LIMITS.values())]))


def judge(observation: Observation, site: Site | None) -> tuple[str, Severity | None] | None:
    """(kind, how bad), with None for the all-clear; None for what is no alarm, or says neither."""
    name, value = observation.property, observation.value
    found = ALARMS.get(name)
    if found is not None:
        return (kind_of(name), found.get(value)) if isinstance(value, bool | str) else None
    limit = LIMITS.get(name)
    if limit is None or not observation.feature.startswith(limit.features) or not isinstance(value, float):
        return None
    from_percent = _overflow_percent(site)
    if value >= from_percent:
        return kind_of(limit.name), limit.severity
    return (kind_of(limit.name), None) if value < from_percent - limit.hysteresis else None


def _overflow_percent(site: Site | None) -> float:
    settings = site.settings.get("waste") if site is not None else None
    return (settings if isinstance(settings, WasteSettings) else WasteSettings()).overflow_percent


def alarm_of(observation: Observation, pilot: str, *, kind: str, severity: Severity, label: str) -> Alarm:
    """The alarm that an observation raises."""
    name = kind.replace("-", "_")
    row = PROPERTIES.get(name)
    words = WORDS.get(name) or Words(row.title if row is not None else kind, "")
    what = words.what + (f" ({observation.value})" if isinstance(observation.value, str) else "")
    return Alarm(kind, pilot, observation.feature, severity, what, words.mend, observation.time_ns, "flag", label)
