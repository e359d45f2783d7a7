"""Reason codes in words. Sources: MQTT 5.0 §2.4 (table of reason codes), MQTT 3.1.1 §3.2.2.3 (CONNACK return codes)."""

from typing import Final

FAILED_FROM: Final = 0x80
"""Codes from here on are refusals (MQTT 5.0 §2.4; 3.1.1 uses 0x80 in SUBACK alike)."""

MALFORMED: Final = 0x81
PROTOCOL_ERROR: Final = 0x82
UNSUPPORTED_VERSION: Final = 0x84
SESSION_TAKEN_OVER: Final = 0x8E
TOPIC_NAME_INVALID: Final = 0x90
TOPIC_ALIAS_INVALID: Final = 0x94
PACKET_TOO_LARGE: Final = 0x95
RETAIN_NOT_SUPPORTED: Final = 0x9A
QOS_NOT_SUPPORTED: Final = 0x9B

_WORDS = {
    0x00: "success",
    0x01: "granted QoS 1",
    0x02: "granted QoS 2",
    0x04: "disconnect with will message",
    0x10: "no matching subscribers",
    0x11: "no subscription existed",
    0x18: "continue authentication",
    0x19: "re-authenticate",
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "implementation specific error",
    0x84: "unsupported protocol version",
    0x85: "client identifier not valid",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8C: "bad authentication method",
    0x8D: "keep alive timeout",
    0x8E: "session taken over",
    0x8F: "topic filter invalid",
    0x90: "topic name invalid",
    0x91: "packet identifier in use",
    0x92: "packet identifier not found",
    0x93: "receive maximum exceeded",
    0x94: "topic alias invalid",
    0x95: "packet too large",
    0x96: "message rate too high",
    0x97: "quota exceeded",
    0x98: "administrative action",
    0x99: "payload format invalid",
    0x9A: "retain not supported",
    0x9B: "QoS not supported",
    0x9C: "use another server",
    0x9D: "server moved",
    0x9E: "shared subscriptions not supported",
    0x9F: "connection rate exceeded",
    0xA0: "maximum connect time",
    0xA1: "subscription identifiers not supported",
    0xA2: "wildcard subscriptions not supported",
}

_RETURN_CODES_311 = {
    1: UNSUPPORTED_VERSION,
    2: 0x85,
    3: 0x88,
    4: 0x86,
    5: 0x87,
}
"""3.1.1 CONNACK return code → the MQTT 5 code of the same meaning."""

_MENDS = {
    UNSUPPORTED_VERSION: 'Set version = "3.1.1" (or "5"), as the broker speaks.',
    0x85: "Choose another client_id: the broker does not take this one.",
    0x86: "Check username and password_file against the broker's password file.",
    0x87: "Let the broker's access list admit this user and client_id.",
    0x8A: "Ask the broker's operator why this client is banned.",
    0x8C: "Use user name and password, or a client certificate: other methods are not spoken here.",
    0x97: "Ask the broker's operator for a larger quota.",
    0x9C: "Point url at the server that the broker names.",
    0x9D: "Point url at the server that the broker names.",
}


def words(code: int) -> str:
    """A reason code in words; an unknown one by its number."""
    return _WORDS.get(code, f"reason 0x{code:02x}")


def connect_refusal(code: int, version: str) -> tuple[str, str]:
    """Words and cure for a CONNACK that refuses; the cure is empty where waiting is the cure."""
    if version == "3.1.1":
        code = _RETURN_CODES_311.get(code, 0x80)
    return words(code), _MENDS.get(code, "")
