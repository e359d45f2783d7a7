"""A Mosquitto configuration file: would this broker lose what it has accepted for us? A pure function of its text.

Defaults are those of mosquitto.conf(5), Mosquitto 2.0.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.checks.finding import Finding

FEW_QUEUED = 100_000
"""Messages; at one uplink a second about a day."""
SMALL_WINDOW = 100
LONGEST_AUTOSAVE_S = 60
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": 30.0, "y": 365.0}
SHORTEST_EXPIRY_DAYS = 7.0


def read_settings(path: Path) -> dict[str, str]:
    """Key → value, the last one counts; ``include_dir`` is followed. Raises OSError."""
    settings: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.strip().partition(" ")
        if not key or key.startswith("#"):
            continue
        if key == "include_dir":
            for included in sorted(Path(value.strip()).glob("*.conf")):
                settings |= read_settings(included)
        else:
            settings[key] = value.strip()
    return settings


def findings(settings: Mapping[str, str], name: str) -> Iterator[Finding]:
    """What a file of these settings means for messages that wait for the gateway."""
    if settings.get("persistence") != "true":
        mend = "Write: persistence true"
        yield Finding("error", name, "a restart of the broker loses every waiting message", mend)
    else:
        yield from _autosave(settings, name)
    queued = _number(settings.get("max_queued_messages"), 1_000)
    if 0 < queued < FEW_QUEUED:
        mend = "Write: max_queued_messages 0, and bound the memory with max_queued_bytes 268435456"
        yield Finding("warning", name, f"keeps only {queued:,} messages while the gateway is away", mend)
    window = _number(settings.get("max_inflight_messages"), 20)
    if 0 < window < SMALL_WINDOW:
        mend = "Write: max_inflight_messages 1000"
        yield Finding("warning", name, f"waits after every {window} messages for the gateway's disk", mend)
    expiry = settings.get("persistent_client_expiration", "")
    if found := re.fullmatch(r"(\d+)([hdwmy])", expiry):
        days = int(found[1]) * _DAYS[found[2]]
        if days < SHORTEST_EXPIRY_DAYS:
            mend = "Write: persistent_client_expiration 14d"
            yield Finding("warning", name, f"forgets a gateway that is away for {expiry}", mend)
    if settings.get("allow_anonymous") == "true":
        mend = "Write: allow_anonymous false; citygate broker setup makes accounts."
        yield Finding("warning", name, "lets anybody in without a password", mend)


def _autosave(settings: Mapping[str, str], name: str) -> Iterator[Finding]:
    interval_s = _number(settings.get("autosave_interval"), 1_800)
    on_changes = settings.get("autosave_on_changes") == "true"
    if on_changes or 0 < interval_s <= LONGEST_AUTOSAVE_S:
        yield Finding("ok", name, "waiting messages survive a restart")
        return
    words = f"writes waiting messages to disk only every {interval_s} s: a power cut loses them"
    if not interval_s:
        words = "writes waiting messages to disk only when it stops: a power cut loses them"
    yield Finding("warning", name, words, "Write: autosave_interval 10")


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default
