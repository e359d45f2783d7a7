"""Passwords as Mosquitto keeps them, and the first document of its dynamic security plugin.

The plugin's document: ``clients`` (name, salted hash, roles), ``roles`` (rules by type, see ``RULES``) and what holds
where no rule speaks. Mosquitto ships the plugin since 2.0; it writes the document at each change, we only the first.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

ITERATIONS = 20_000
"""Guards short passwords; ours are 192 random bits, and a Raspberry Pi checks one in some 20 ms."""
SALT_BYTES = 12

DYNAMIC_SECURITY = Path("data") / "dynamic-security.json"
PLUGIN = "mosquitto_dynamic_security.so"
ADMIN = "admin"
CONTROL = "$CONTROL/dynamic-security/v1"

DENY_ALL = {"publishClientSend": False, "publishClientReceive": False, "subscribe": False, "unsubscribe": True}
"""Where no rule speaks. The plugin's own default would let everything be received."""
RULES: Mapping[str, Sequence[str]] = {
    "read": ("publishClientReceive", "subscribePattern"),
    "write": ("publishClientSend",),
    "readwrite": ("publishClientReceive", "subscribePattern", "publishClientSend"),
}
"""Word of acl_file → types of the plugin's rules."""


def password_line(user: str, password: str, *, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """One line of Mosquitto's password file: ``user:$7$<iterations>$<salt>$<hash>``.

    PBKDF2 with SHA-512, as mosquitto_passwd(1) of Mosquitto 2 writes it.
    """
    salt = salt if salt is not None else secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, 64)
    return f"{user}:$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def plugin_path() -> Path:
    """The plugin, where Debian and Mosquitto's own build put it. Raises FileNotFoundError."""
    for pattern in ("*/" + PLUGIN, PLUGIN):
        for base in (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib")):
            if found := next(iter(sorted(base.glob(pattern))), None):
                return found
    raise FileNotFoundError(f"{PLUGIN} is not on this machine: Mosquitto 2 brings it")


def first_document(passwords: Mapping[str, str], access: Mapping[str, Sequence[str]]) -> str:
    """The document to start with. ``access``: account → rules as in acl_file; ``admin`` may change accounts only."""
    rules = {ADMIN: [f"topic readwrite {CONTROL}/#"], **access}
    document = {
        "defaultACLAccess": DENY_ALL,
        "clients": [_client(user, password) for user, password in passwords.items()],
        "roles": [{"rolename": user, "acls": acls(lines)} for user, lines in rules.items()],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def acls(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Rules of the plugin from lines of acl_file: ``topic read open/v1/#``."""
    found = []
    for line in lines:
        _, word, topic = line.split(" ", 2)
        found += [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind in RULES[word]]
    return found


def _client(user: str, password: str) -> dict[str, Any]:
    _, _, iterations, salt, digest = password_line(user, password).split("$")
    secret = {"password": digest, "salt": salt, "iterations": int(iterations)}
    return {"username": user, "roles": [{"rolename": user}], **secret}
