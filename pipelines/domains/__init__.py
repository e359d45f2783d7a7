"""City analytics: what the readings of a domain mean. The seam between one generic runner and the domains' machines.

    Outcomes, Ticks ─▶ runner (order, lateness, corrections, differences) ─▶ machine of one key ─▶ derived observations

A **machine** is written as if every reading came in order of time and none ever changed. The runner makes that true:
it keeps a checkpoint of the state, and what comes late or is corrected is put in its place and run again from there.

Laws of a machine
- Pure: the state and the site are all it knows; no clock, no random number, nothing of another key.
- The state is one mutable msgspec Struct that survives encoding to MessagePack and back unchanged. It is bounded.
- Time passes in steps of any size: passing to 10:05 and then to 10:20 says and leaves the same as passing to 10:20.
  Before a reading is taken, time has been passed to it.
- What it says of an interval is said once the interval is over, or again as often as it likes: the last word counts.
- Nothing is said of an interval of which nothing is known; where less is known than the stated data capture, the
  value is left out (quality ``missing``) and the coverage is said.
- An identity (feature, property, time, interval) belongs to one producer for ever. ``producer`` is never renamed;
  ``version`` is raised when a formula changes, and then the whole past is worked out anew.
"""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from functools import cache
from typing import Protocol, TypeVar

import msgspec

from pipelines.model import Location, Observation, Quality, Value

HEARD = "heard"
"""Not in the vocabulary: each accepted uplink gives one reading of it (value True), for those who watch devices."""

LINK = "link"
"""Not in the vocabulary: how an uplink travelled, all in one reading: ``f_cnt receptions rssi_dbm snr_db`` as text with
``-`` for what is not known. Four readings for each frame of each device would cost four times as much."""

RELAYED = "relayed"
"""Not in the vocabulary: an uplink of any pilot as one LoRa gateway of this pilot relayed it; its feature is the LoRa
gateway's. Text: ``f_cnt receptions feature``, the feature of the device, ``-`` for a counter that is not known."""

NEVER_NS = 2**63 - 1

QUARTER_NS = 15 * 60 * 1_000_000_000
HOUR_NS = 4 * QUARTER_NS


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """One observation as a machine takes it. They come in order of (time, device, feature, property).

    ``feature`` and ``property`` are the vocabulary's, or ``HEARD``, ``LINK`` or ``RELAYED``; a frame's counter comes as
    ``f_cnt`` too. A reading that was retracted, is missing or suppressed is never
    taken; ``quality`` is ok, suspect or estimated.
    """

    time_ns: int
    device: str
    feature: str
    property: str
    value: Value
    quality: Quality = "ok"


SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class Place(msgspec.Struct, frozen=True):
    """What the operator's files say of one feature: street or district, position, and the domain's own details."""

    area: str = ""
    location: Location | None = None
    details: msgspec.Struct | None = None

    def details_as(self, kind: type[SettingsT]) -> SettingsT:
        """The details as the domain declares them in ``domains/table.py``; their defaults where the files say none."""
        return self.details if isinstance(self.details, kind) else _defaults(kind)


class Site(msgspec.Struct, frozen=True):
    """One pilot as its machines see it. ``settings``: by domain name, the pilot file's ``[settings.<domain>]``.

    ``lora_gateways``: EUI → feature of the LoRa gateways that the pilot has written down.
    """

    pilot: str
    city: str
    zone: tzinfo
    places: Mapping[str, Place] = {}
    settings: Mapping[str, msgspec.Struct] = {}
    lora_gateways: Mapping[str, str] = {}

    def place(self, feature: str) -> Place:
        """What is known of a feature; an empty Place for one that the files do not name."""
        return self.places.get(feature, NOWHERE)

    def settings_as(self, domain: str, kind: type[SettingsT]) -> SettingsT:
        """The pilot's settings of a domain, or their defaults."""
        found = self.settings.get(domain)
        return found if isinstance(found, kind) else _defaults(kind)


@cache
def _defaults(kind: type[SettingsT]) -> SettingsT:
    """What nobody wrote down: one for all, since none of these can be changed."""
    return kind()


NOWHERE = Place()

StateT = TypeVar("StateT", bound=msgspec.Struct)


class Machine(Protocol[StateT]):
    """One producer of derived observations; see the laws above.

    ``features`` are the feature types and ``properties`` the properties it wants readings of. ``state`` is the type
    of its state. A key never depends on a value or a quality, or a corrected reading would not find the one that it
    corrects. More may be there:

    - ``lateness_ns``: how far back a late reading is still put in its place, where that is less than the runner's 48 h;
    - ``followed_ns``: how long time is passed to a key that has fallen silent; else as long as the lateness;
    - ``key_bytes``: what a key may remember, where that is more than the runner's 256 KiB;
    - ``sure_only``: a reading that is ``suspect``, or becomes so, is not there;
    - ``due_ns(state, site)``: the instant before which to pass time says and changes nothing as long as no reading
      comes; a machine without it is asked for each quarter of an hour.
    """

    producer: str
    version: int
    features: frozenset[str]
    properties: frozenset[str]
    state: type[StateT]

    def key(self, reading: Reading, site: Site) -> str | None:
        """What the reading belongs to: a bay, a street, a pilot. None: it is of no use here."""

    def begin(self, key: str, site: Site) -> StateT:
        """The state before the first reading of a key."""

    def pass_time(self, state: StateT, to_ns: int, site: Site) -> Iterable[Observation]:
        """Time has come to ``to_ns``: close what is over. Called with times that never fall."""

    def take(self, state: StateT, reading: Reading, site: Site) -> Iterable[Observation]:
        """One reading, in order; time has been passed to it."""
