"""Accounts into the password and access files of a Mosquitto, and Mosquitto made to read them again.

    accounts that are active ─▶ write_files() ─▶ DIR/passwords, DIR/acl ─▶ reload() ─▶ SIGHUP

Laws
- What others wrote into the two files stays: lines of users that are not on record, and the access list above the mark.
- Nothing is written when nothing changes; each file is replaced in one step and keeps its owner, mode 0600.
- Mosquitto 2 reads both files again at SIGHUP, and then closes the connections of users that may no longer come in
  (tested with 2.0.11): who is revoked is out at once.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from gateway.startups.accounts import Account, AccountError, replace_file

MARK = "# ---- start-ups: written by citygate startup; lines below are lost at its next run ----"
PID_FILE = Path("data") / "mosquitto.pid"
PROGRAM = "mosquitto"

Reload = Literal["reloaded", "not running", "by hand"]
"""``by hand``: it runs as somebody else, or does not write down its process id."""

Filters = Callable[[Account], Sequence[str]]
"""Account → the topic filters that it may read."""


def write_files(folder: Path, active: Sequence[Account], known: frozenset[str], filters: Filters) -> bool:
    """Whether anything changed. ``known``: names on record, active or not. Raises AccountError, OSError."""
    passwords, access = folder / "passwords", folder / "acl"
    try:
        lines, rules = passwords.read_text(encoding="utf-8").splitlines(), access.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        mend = f"Make it first: citygate broker setup {folder} --for startups"
        raise AccountError(f"{folder} is not the folder of a broker: there is no {error.filename}", mend) from error
    others = [line for line in lines if line.partition(":")[0] not in known]
    fresh_passwords = "\n".join([*others, *(f"{one.name}:{one.password_hash}" for one in active)]) + "\n"
    fresh_rules = rules.partition(MARK)[0].rstrip("\n") + "\n" + access_block(active, filters)
    if (fresh_passwords, fresh_rules) == ("\n".join(lines) + "\n", rules):
        return False
    replace_file(access, fresh_rules.encode(), mode=0o600)  # before the passwords: nobody comes in without limits
    replace_file(passwords, fresh_passwords.encode(), mode=0o600)
    return True


def access_block(active: Sequence[Account], filters: Filters) -> str:
    """The mark, and below it every active account with what it may read, in the words of acl_file."""
    blocks = [f"user {one.name}\n" + "".join(f"topic read {each}\n" for each in filters(one)) for one in active]
    return "\n".join(["", MARK, *blocks]) if blocks else ""


def users_of_others(folder: Path, known: frozenset[str]) -> set[str]:
    """Users of the password file that are not on record: the broker's own, such as ``gateway``. Raises OSError."""
    lines = (folder / "passwords").read_text(encoding="utf-8").splitlines()
    return {line.partition(":")[0] for line in lines} - known


def reload(folder: Path) -> Reload:
    """Send SIGHUP to the Mosquitto that runs on these files, found by the file it writes its process id to."""
    if not writes_process_id(folder):
        return "by hand"
    process_id = broker_process(folder)
    if process_id is None:
        return "not running"
    try:
        os.kill(process_id, signal.SIGHUP)
    except ProcessLookupError:
        return "not running"
    except PermissionError:
        return "by hand"
    return "reloaded"


def writes_process_id(folder: Path) -> bool:
    """Whether its configuration makes Mosquitto write the file; those of older releases do not."""
    with contextlib.suppress(OSError):
        return f"pid_file {folder / PID_FILE}" in (folder / "mosquitto.conf").read_text(encoding="utf-8")
    return False


def broker_process(folder: Path) -> int | None:
    """The id of the running broker; None where there is none, or the file has been left behind by one that ended."""
    with contextlib.suppress(OSError, ValueError):
        process_id = int((folder / PID_FILE).read_text(encoding="ascii"))
        if Path(f"/proc/{process_id}/comm").read_text(encoding="utf-8").strip() == PROGRAM:
            return process_id
    return None
