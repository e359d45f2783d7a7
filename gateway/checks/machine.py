"""The machine: clock, disk, secret files."""

import ctypes
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from gateway.checks.finding import Finding
from gateway.clock import Clock
from gateway.config import Config
from gateway.sinks.quarantine.settings import QuarantineSettings
from gateway.sizes import readable_bytes
from gateway.sources.table import how_to_write

TIMEX_BYTES = 512
"""struct timex of Linux has 208 bytes; the rest is a margin."""
TIME_ERROR = 5
"""adjtimex(2): nothing has set the clock."""

RTC = Path("/sys/class/rtc/rtc0")
MOUNTS = Path("/proc/self/mounts")
MEMORY_FILESYSTEMS = ("tmpfs", "ramfs")
SECRETS = ("password_file", "token_file", "key_file", "secret_file")
TIGHT = 1.25
"""Free space below this many times what the logs may still take is called tight."""


def clock(of: Clock, rtc: Path = RTC) -> Iterator[Finding]:
    """Is the time right, is it kept right, does it survive a power cut?"""
    if of.quality() != "trusted":
        mend = "Set the time: timedatectl set-ntp true. Until then entries without a network time wait."
        yield Finding("error", "clock", "stands before this release was made", mend)
        return
    state = synchronised()
    if state is False:
        mend = "Enable systemd-timesyncd or chrony: timedatectl set-ntp true"
        yield Finding("warning", "clock", "nothing keeps it right", mend)
    elif not rtc.exists():
        mend = "Fit a battery clock, or see to it that a time server answers at boot; entries wait until one does."
        yield Finding("warning", "clock", "does not survive a power cut (no battery clock)", mend)
    else:
        yield Finding("ok", "clock", "set" if state is None else "set and kept right")


def synchronised() -> bool | None:
    """Does the kernel say that somebody keeps the clock right? None where it does not tell."""
    try:
        answer: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else answer != TIME_ERROR


def disk(config: Config, mounts: Path = MOUNTS) -> Iterator[Finding]:
    """Can the state directory be written, and is there room for what the quotas promise?"""
    folder = config.gateway.state_dir
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        mend = f"sudo install -d -o citygate {folder}"
        yield Finding("error", "state directory", f"{existing} cannot be written by this user", mend)
        return
    if filesystem_of(existing, mounts) in MEMORY_FILESYSTEMS:
        mend = "Set state_dir to a folder on a disk: what is acknowledged must survive a power cut."
        yield Finding("error", "state directory", f"{folder} is in memory, not on a disk", mend)
    promised = config.intake.quota_bytes + config.ledger.quota_bytes
    promised += sum(s.settings.quota_bytes for s in config.sinks.values() if isinstance(s.settings, QuarantineSettings))
    wanted = max(0, promised - size_of(folder))
    free = shutil.disk_usage(existing).free
    words = f"{readable_bytes(free)} free, the quotas may take {readable_bytes(wanted)} more"
    mend = "Lower quota_bytes of [intake] and [ledger], or use a larger disk."
    if free < wanted:
        yield Finding("error", "disk", words, mend)
    elif free < TIGHT * wanted:
        yield Finding("warning", "disk", words, mend)
    else:
        yield Finding("ok", "disk", words)


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder and below; what vanishes meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:
                continue
    return total


def filesystem_of(path: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system a path is on; "" where the kernel does not tell."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    resolved = path.resolve()
    kinds = {Path(line[1]): line[2] for line in lines if len(line) > 2}  # noqa: PLR2004 - device, place, kind
    return next((kinds[parent] for parent in (resolved, *resolved.parents) if parent in kinds), "")


def secret_files(config: Config) -> Iterator[Finding]:
    """Is every secret there, readable by us and by nobody else?"""
    parts = (("sources", config.sources), ("sinks", config.sinks), ("alarms.routes", config.routes))
    for group, named in parts:
        for name, part in named.items():
            for key, path in secrets_of(part.settings):
                yield secret_file(f"{group}.{name}.{key}", path)
    if config.http.enabled:
        for key, path in secrets_of(config.http):
            yield secret_file(f"http.{key}", path)


def secrets_of(settings: BaseModel) -> Iterator[tuple[str, Path]]:
    """(key, file) of every secret that settings name."""
    for key in SECRETS:
        value = getattr(settings, key) if key in type(settings).model_fields else None
        if value:
            yield key, Path(value)


def secret_file(what: str, path: Path) -> Finding:
    """One secret's file."""
    try:
        status = path.stat()
        empty = not path.read_bytes().strip()
    except FileNotFoundError:
        return Finding("error", what, f"there is no file {path}", how_to_write(path))
    except OSError as error:
        return Finding("error", what, f"{path} cannot be read ({error.strerror})", f"sudo chown citygate {path}")
    if not stat.S_ISREG(status.st_mode) or empty:
        return Finding("error", what, f"{path} holds no secret", "Put the secret there, on one line.")
    from_systemd = str(path).startswith(os.environ.get("CREDENTIALS_DIRECTORY", "\0"))
    if status.st_mode & 0o077 and not from_systemd:
        found = f"{path} can be read by others (mode {stat.S_IMODE(status.st_mode):04o})"
        return Finding("error", what, found, f"chmod 600 {path}")
    return Finding("ok", what, "readable by its owner only")
