"""Core types of the road, in the order a message meets them.

    Received ▸ (dialect) Uplink | Rejected ▸ (identify) Device ▸ (decode) readings ▸ (normalise, screen) Observation
    ▸ Outcome: Accepted | Rejected | Duplicate   ·   analytics: Derived, Tick   ·   delivery: Refused

Laws
- Every type is frozen; a stage returns a new value.
- Instants are integer nanoseconds since 1970-01-01T00:00:00Z and their names end in ``_ns``. Integers survive every
  encoding exactly, and InfluxDB, the logs and the monotonic clock all count in them.
- A type that reaches a log is ``array_like``: fields are found by position. Fields are only ever appended, with a
  default, so that an older log stays readable. Never reorder, never remove.
- The unit of a value is the unit of its property in the vocabulary; a name never changes its unit.
"""

from collections.abc import Mapping
from typing import Literal, final

import msgspec

NS_PER_S = 1_000_000_000

Value = float | bool | str
"""What a property can hold: gauge and counter float, flag bool, state str. The vocabulary says which."""

ClockQuality = Literal["trusted", "unset"]
TimeSource = Literal["device", "network", "gateway"]
Quality = Literal["ok", "suspect", "estimated", "missing", "suppressed", "retracted"]
QualityReason = Literal[
    "", "range", "spike", "stuck", "future", "late", "backfilled", "clock", "drift", "gap", "privacy"
]
RejectReason = Literal[
    "malformed",  # not the format its dialect promises: JSON, UTF-8, base64, wrong type
    "too_deep",  # nested deeper than 32 levels or more than 512 keys
    "oversize",  # larger than the source's max_payload_bytes; only its head is kept
    "retained_without_time",  # an old retained state without a time of its own is no reading
    "no_dialect",  # no source of this name is configured any more
    "unknown_device",  # nobody has written down this device (yet)
    "not_valid_then",  # the device is known, but not at that time
    "unknown_profile",  # the device names a profile that the catalogue lacks
    "decode_failed",  # the profile cannot read these bytes
    "implausible_time",  # year 9999, before 2000: no clock in the chain can be right
    "no_readings",  # decoded, but nothing maps to the vocabulary
    "crashed",  # the gateway died on this entry; kept aside so that it does not die again
]


class Received(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Intake entry: one message exactly as a source received it, before anyone has judged it.

    ``topic`` is the MQTT topic, the HTTP path or the recording's name; ``packet_id`` the MQTT packet id or the line
    number of a recording. ``boot`` names the machine's boot, so that ``monotonic_ns`` can be compared within it.
    ``full_size`` is larger than ``len(body)`` when only the head of an oversize body was kept.
    """

    source: str
    topic: str
    body: bytes
    received_ns: int
    monotonic_ns: int
    boot: int
    clock: ClockQuality = "trusted"
    qos: int = 0
    packet_id: int = 0
    epoch: int = 0
    retained: bool = False
    full_size: int = 0
    digest: bytes = b""


class Reception(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One LoRaWAN gateway's hearing of one uplink."""

    gateway_id: str
    rssi_dbm: float | None = None
    snr_db: float | None = None
    received_ns: int | None = None


class Uplink(msgspec.Struct, frozen=True, gc=False):
    """What a dialect reads from a Received: the network's words, not yet anybody's device.

    ``kind``: ``uplink`` carries a payload or values; ``status`` the network's own report (battery, margin) in
    ``network_values`` by vocabulary name; ``notice`` (join, ack, log …) carries nothing to observe.
    ``decoded``: the object that the network's codec, or a plain JSON device, already put out. ``fields_mapped`` is
    true when its keys are vocabulary names already (plain JSON with a field mapping).
    ``device_time_ns`` is a time the payload itself carries.
    """

    device_id: str
    kind: Literal["uplink", "status", "notice"] = "uplink"
    payload: bytes | None = None
    f_port: int | None = None
    f_cnt: int | None = None
    session: str | None = None
    network_time_ns: int | None = None
    device_time_ns: int | None = None
    receptions: tuple[Reception, ...] = ()
    decoded: Mapping[str, object] | None = None
    network_values: Mapping[str, Value] | None = None
    fields_mapped: bool = False


class Location(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """WGS 84 degrees; altitude in metres above the ellipsoid when known."""

    longitude: float
    latitude: float
    altitude_m: float | None = None


class Device(msgspec.Struct, frozen=True):
    """One box on one pole, as the operator wrote it down, for a span of time. Never learned silently.

    ``feature`` is ``<feature type>/<local name>``, the feature type from ``vocabulary.FEATURE_TYPES``.
    ``calibration``: property → (factor, offset), applied as ``value * factor + offset`` after unit conversion.
    ``details``: what the feature's domain must know of it (a bay's longest stay, a tree's area).
    ``privacy_class``: of all that it says ("" where nothing is declared); ``privacy``: of single properties.
    ``record_hash`` is 8 bytes over all of it; outcomes keep it, so a changed record shows.
    """

    id: str
    profile: str
    pilot: str
    city: str
    feature: str
    area: str = ""
    name: str = ""
    location: Location | None = None
    valid_from_ns: int | None = None
    valid_to_ns: int | None = None
    calibration: Mapping[str, tuple[float, float]] = {}
    record_hash: bytes = b""
    details: Mapping[str, Value] = {}
    privacy_class: str = ""
    privacy: Mapping[str, str] = {}


class Observation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Value of one property of one feature at one phenomenon time.

    Identity: (device or producer, feature, property, time_ns, interval_ns). A derived observation covers
    ``[time_ns, time_ns + interval_ns)``; a measured one has ``interval_ns`` 0.
    """

    feature: str
    property: str
    value: Value
    time_ns: int
    time_source: TimeSource = "gateway"
    quality: Quality = "ok"
    reason: QualityReason = ""
    interval_ns: int = 0


class Link(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How the frame travelled: LoRaWAN facts written beside its observations."""

    f_cnt: int | None = None
    f_port: int | None = None
    receptions: tuple[Reception, ...] = ()


class Accepted(msgspec.Struct, frozen=True, array_like=True, tag="A", gc=False):
    """Intake entry ``of`` became these observations. ``profile_hash`` covers the profile and its codec.

    ``frame`` is (session, 8-byte digest of the payload), kept so that the duplicate memory can be rebuilt.
    """

    of: int
    device: str
    pilot: str
    city: str
    feature: str
    time_ns: int
    received_ns: int
    observations: tuple[Observation, ...]
    link: Link | None = None
    frame: tuple[str, bytes] | None = None
    profile: str = ""
    profile_hash: bytes = b""
    record_hash: bytes = b""


@final  # so it may be asked for by type: isinstance of a Struct takes four times as long where it is not
class Rejected(msgspec.Struct, frozen=True, array_like=True, tag="R", gc=False):
    """Intake entry ``of`` is not understood; its bytes stay in the intake and go to quarantine.

    Dialects and decoders return it with ``of = 0``; ``process`` fills in the number.
    """

    reason: RejectReason
    detail: str
    of: int = 0
    device: str = ""
    received_ns: int = 0


class Duplicate(msgspec.Struct, frozen=True, array_like=True, tag="D", gc=False):
    """Intake entry ``of`` is a further reception of the frame in ``original``; its receptions are kept here."""

    of: int
    original: int
    device: str
    received_ns: int
    receptions: tuple[Reception, ...] = ()


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="X", gc=False):
    """A sink's server refused what ledger entry ``revision`` (of intake ``of``) became; ``body`` is what was sent."""

    sink: str
    revision: int
    of: int
    detail: str
    body: bytes
    time_ns: int
    device: str = ""


class Derived(msgspec.Struct, frozen=True, array_like=True, tag="V", gc=False):
    """Output and position of one analytics producer in one frame."""

    producer: str
    upto: int
    pilot: str
    city: str
    observations: tuple[Observation, ...]


class Tick(msgspec.Struct, frozen=True, array_like=True, tag="T", gc=False):
    """The only clock that analytics know: once a minute, with its quality."""

    time_ns: int
    clock: ClockQuality


Outcome = Accepted | Rejected | Duplicate
LedgerEntry = Accepted | Rejected | Duplicate | Refused | Derived | Tick


class Revision(msgspec.Struct, frozen=True, gc=False):
    """A ledger entry with its ledger number: the higher number wins. This is what sinks receive.

    ``first`` is true when no earlier outcome for the same intake number can exist (it was not re-refined).
    """

    number: int
    entry: LedgerEntry
    first: bool = True
