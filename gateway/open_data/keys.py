"""Who asks: a start-up's key, ``Authorization: Bearer NAME.PASSWORD``, or nobody.

Laws
- It is the account of the broker: one name, one password, one tier, the same pilots.
- A key is never in an address: addresses are kept in logs and histories.
- Hashing a password is slow by design. A key that was right is remembered by its digest until the account changes;
  wrong ones are paid from the caller's allowance before they are tried.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import date
from typing import Protocol

import msgspec

from gateway.open_data.problems import Problem
from pipelines.open_data.channels import Tier

MOST_ITERATIONS = 1_000_000
MOST_REMEMBERED = 1_000
LONGEST_KEY = 256
MEND = "Send 'Authorization: Bearer NAME.PASSWORD' with the name and password that the city gave you, or no key."


class Grant(msgspec.Struct, frozen=True):
    """What somebody may read: a tier, and pilots by id (None: all). ``name``: "" for who shows no key."""

    name: str
    tier: Tier
    pilots: frozenset[str] | None

    def covers(self, pilot: str) -> bool:
        """Whether the tier holds for a pilot; for others everybody has ``public``."""
        return self.pilots is None or pilot in self.pilots

    def tier_for(self, pilot: str) -> Tier:
        """The tier for a pilot."""
        return self.tier if self.covers(pilot) else "public"


PUBLIC = Grant("", "public", frozenset())


class Account(Protocol):
    """What is asked of an account on record (``gateway.startups.accounts``)."""

    @property
    def tier(self) -> Tier: ...  # noqa: D102 - fields
    @property
    def pilots(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def password_hash(self) -> str: ...  # noqa: D102

    def standing(self, today: date) -> str:
        """``active``, or why not."""


class Keys:
    """All keys. ``find``: the account of a name, read anew when the file has changed; it may block."""

    def __init__(self, find: Callable[[str], Account | None], today: Callable[[], date]) -> None:
        self._find = find
        self._today = today
        self._known: dict[bytes, str] = {}

    def grant(self, authorization: str | None) -> Grant:
        """Who sends this header. Blocks for some 20 ms for a key that is new. Raises Problem."""
        if authorization is None:
            return PUBLIC
        name, password = _parts(authorization)
        account = self._find(name)
        is_active = account is not None and account.standing(self._today()) == "active"
        if account is None or not is_active or not self._is_right(account, name, password):
            raise Problem(401, "the key is unknown, wrong, over or revoked", MEND, where="Authorization")
        pilots = None if "all" in account.pilots else frozenset(account.pilots)
        return Grant(name, account.tier, pilots)

    def is_remembered(self, authorization: str) -> bool:
        """Whether this very header was right before: asking again costs nothing. Raises Problem."""
        return _digest(*_parts(authorization)) in self._known

    def _is_right(self, account: Account, name: str, password: str) -> bool:
        digest = _digest(name, password)
        if self._known.get(digest) == account.password_hash:
            return True
        if not matches(account.password_hash, password):
            return False
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[digest] = account.password_hash
        return True


def _parts(authorization: str) -> tuple[str, str]:
    scheme, _, key = authorization.partition(" ")
    name, dot, password = key.strip().partition(".")
    if scheme.lower() != "bearer" or not dot or not name or not password or len(key) > LONGEST_KEY:
        raise Problem(401, "this is not a key of ours", MEND, where="Authorization")
    return name, password


def _digest(name: str, password: str) -> bytes:
    return hashlib.blake2b(f"{name}.{password}".encode("utf-8", "replace"), digest_size=32).digest()


def matches(password_hash: str, password: str) -> bool:
    """Whether a password is the one behind ``$7$iterations$salt$hash``, the form of Mosquitto's password file."""
    try:
        empty, kind, iterations, salt, wanted = password_hash.split("$")
        rounds = int(iterations)
        expected = base64.b64decode(wanted, validate=True)
        salt_bytes = base64.b64decode(salt, validate=True)
    except (ValueError, binascii.Error):
        return False
    if empty or kind != "7" or not 0 < rounds <= MOST_ITERATIONS:
        return False
    given = hashlib.pbkdf2_hmac("sha512", password.encode("utf-8", "replace"), salt_bytes, rounds, len(expected) or 64)
    return hmac.compare_digest(given, expected)
