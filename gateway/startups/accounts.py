"""``secrets/startups.json`` in the broker's folder: the accounts of start-ups, as the city has given them out.

    {"version": 1, "accounts": [{"name": "acme", "tier": "startup", "pilots": ["parking-mechelen"],
      "password_hash": "$7$20000$…", "made_at": "…Z", "expires": "2027-12-31"}]}

Laws
- A password is never written: it is shown once, when it is made, and only its salted hash stays (Mosquitto's form).
- The file has mode 0600, is replaced in one step, and one command at a time changes it.
- A revoked account stays on record without hash or rights; its name is not given to somebody else.
- ``expires`` is the last day on which an account works, in UTC.
"""

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import msgspec

from gateway.broker_accounts import password_line
from pipelines.open_data.channels import Tier

FILE = Path("secrets") / "startups.json"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
RESERVED = "citygate"
"""What our own client ids begin with: a start-up's name is its client id, and must not be one of them."""
VERSION = 1

Standing = Literal["active", "expired", "revoked"]


class AccountError(Exception):
    """It cannot be done; the text says why, ``mend`` how to go on."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend


class Account(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One account. ``pilots``: ids of pilot files, or ``all`` alone."""

    name: str
    tier: Tier
    pilots: tuple[str, ...]
    made_at: datetime
    password_hash: str = ""
    expires: date | None = None
    rotated_at: datetime | None = None
    revoked_at: datetime | None = None

    def standing(self, today: date) -> Standing:
        """Whether it may come in on that day (UTC)."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires is not None and today > self.expires else "active"


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    accounts: list[Account]


class Accounts:
    """All accounts by name, and what may be done to them."""

    def __init__(self, accounts: list[Account]) -> None:
        self.by_name = {account.name: account for account in accounts}

    def add(
        self, name: str, tier: Tier, pilots: tuple[str, ...], *, expires: date | None, now: datetime
    ) -> tuple[Account, str]:
        """A new account and its password. Raises AccountError."""
        if not NAME.fullmatch(name) or name.startswith(RESERVED):
            mend = f"Use 1 to 63 lower-case letters, digits and hyphens, not {RESERVED}… at the beginning."
            raise AccountError(f"'{name}' is not a name", mend)
        if name in self.by_name:
            found = self.by_name[name]
            mend = (
                "Choose another name." if found.revoked_at else f"A new password for it: citygate startup rotate {name}"
            )
            raise AccountError(f"there is an account '{name}' already ({found.standing(now.date())})", mend)
        if expires is not None and expires < now.date():
            raise AccountError(f"{expires} is over", "Give the last day on which the account shall work.")
        password = new_password()
        account = Account(name, tier, pilots, now, _hash(name, password), expires)
        self.by_name[name] = account
        return account, password

    def rotate(self, name: str, *, expires: date | None, now: datetime) -> tuple[Account, str]:
        """A new password; the old one is void. ``expires``: a new last day. Raises AccountError."""
        found = self._standing(name)
        password = new_password()
        account = msgspec.structs.replace(
            found, password_hash=_hash(name, password), rotated_at=now, expires=expires or found.expires
        )
        if account.standing(now.date()) == "expired":
            raise AccountError(f"'{name}' has expired on {account.expires}", "Give it a new last day with --expires.")
        self.by_name[name] = account
        return account, password

    def revoke(self, name: str, *, now: datetime) -> Account:
        """Void for good. Raises AccountError."""
        account = msgspec.structs.replace(self._standing(name), password_hash="", revoked_at=now)
        self.by_name[name] = account
        return account

    def active(self, today: date) -> list[Account]:
        """Those that may come in, by name."""
        return [one for _, one in sorted(self.by_name.items()) if one.standing(today) == "active"]

    def _standing(self, name: str) -> Account:
        found = self.by_name.get(name)
        if found is None:
            raise AccountError(f"there is no account '{name}'", "citygate startup list shows them all.")
        if found.revoked_at is not None:
            raise AccountError(f"'{name}' was revoked on {found.revoked_at.date()}", "Add an account of another name.")
        return found


def new_password() -> str:
    """192 random bits in 32 letters that need no quoting in a URL or a shell."""
    return secrets.token_urlsafe(24)


def read_accounts(folder: Path) -> Accounts:
    """What is on record for a broker's folder; nothing where there is no file. Raises AccountError, OSError."""
    return read_file(folder / FILE)


def read_file(file: Path) -> Accounts:
    """What a record, or the copy of one, holds; nothing where there is no file. Raises AccountError, OSError."""
    try:
        document = msgspec.json.decode(file.read_bytes(), type=_Document)
    except FileNotFoundError:
        return Accounts([])
    except msgspec.DecodeError as error:
        raise AccountError(
            f"{file} cannot be read: {error}", "Restore it from a backup; nothing was changed."
        ) from error
    if document.version != VERSION:
        raise AccountError(f"{file} is of version {document.version}", "A newer release wrote it: use that.")
    return Accounts(document.accounts)


def write_accounts(folder: Path, accounts: Accounts) -> None:
    """On record, in one step. Only within ``one_command_at_a_time``. Raises OSError."""
    replace_file(folder / FILE, document_of(accounts.by_name.values()), mode=0o600)


def document_of(accounts: Iterable[Account]) -> bytes:
    """The file's bytes."""
    document = _Document(VERSION, sorted(accounts, key=lambda one: one.name))
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


@contextlib.contextmanager
def one_command_at_a_time(folder: Path) -> Iterator[None]:
    """Waits for the other. Raises OSError, FileNotFoundError where the folder is no broker's."""
    lock = (folder / FILE).with_suffix(".lock")
    with os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def replace_file(file: Path, content: bytes, *, mode: int, group: int | None = None) -> None:
    """New content in one step and on disk. Raises OSError.

    Owner and group stay those of the file that was there; ``group``: another one for it.
    """
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        owners = made = os.fstat(out.fileno())
        with contextlib.suppress(FileNotFoundError):
            owners = file.stat()
        wanted = owners.st_uid, owners.st_gid if group is None else group
        if wanted != (made.st_uid, made.st_gid):
            os.fchown(out.fileno(), *wanted)
        os.fchmod(out.fileno(), mode)
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _hash(name: str, password: str) -> str:
    return password_line(name, password).partition(":")[2]
