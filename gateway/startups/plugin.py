"""Accounts into Mosquitto's dynamic security plugin, while it runs, through its topic ``$CONTROL/dynamic-security/v1``.

    accounts that are active ─▶ what differs from what the plugin has ─▶ one message of commands ─▶ its answers

Laws
- A role ``startup-<name>`` for each account, with the rules of its tier; clients and roles of others are not touched.
- The plugin hashes the password itself, so only a new password can be told to it: an account that it has lost has to
  be rotated, and is told by name.
- The plugin closes the connections of clients that it deletes or gives a new password (tested with 2.0.11).
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from gateway.broker_accounts import ADMIN, CONTROL, DYNAMIC_SECURITY, acls
from gateway.mqtt.connection import Connection, open_connection
from gateway.mqtt.errors import ConnectRefusedError, ProtocolError
from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.packets import Publish, Subscription
from gateway.mqtt.settings import ConnectionSettings
from gateway.startups.accounts import Account, AccountError
from gateway.startups.mosquitto_files import Filters

ANSWER_WITHIN_S = 10.0
LARGEST_ANSWER_BYTES = 16 << 20
ROLE = "startup-"

Json = dict[str, Any]


def is_kept_by_plugin(folder: Path) -> bool:
    """Whether the broker of this folder keeps its accounts in the plugin."""
    return (folder / DYNAMIC_SECURITY).exists()


def tell_plugin(
    folder: Path, active: Sequence[Account], known: frozenset[str], filters: Filters, fresh: Mapping[str, str]
) -> bool:
    """Whether anything changed. ``fresh``: name → password made just now. Raises AccountError, OSError."""
    return asyncio.run(_tell(_settings(folder), active, known, filters, fresh))


def users_of_plugin(folder: Path) -> set[str]:
    """Every client that the plugin knows. Raises AccountError, OSError."""

    async def ask() -> set[str]:
        async with _Plugin(_settings(folder)) as plugin:
            return set(await plugin.clients())

    return asyncio.run(ask())


async def _tell(
    settings: ConnectionSettings,
    active: Sequence[Account],
    known: frozenset[str],
    filters: Filters,
    fresh: Mapping[str, str],
) -> bool:
    async with _Plugin(settings) as plugin:
        clients, roles = await plugin.clients(), await plugin.roles()
        commands = gone(clients, roles, known - {one.name for one in active})
        lost = []
        for account in active:
            rules = acls([f"topic read {each}" for each in filters(account)])
            commands += changes(account.name, rules, clients, roles, fresh.get(account.name))
            if account.name not in clients and account.name not in fresh:
                lost.append(account.name)
        if commands:
            await plugin.ask(commands)
    if lost:
        mend = " · ".join(f"citygate startup rotate {name}" for name in lost)
        raise AccountError(f"the broker does not know {', '.join(lost)} any more", f"Give new passwords: {mend}")
    return bool(commands)


def gone(clients: Mapping[str, Json], roles: Mapping[str, Json], names: frozenset[str]) -> list[Json]:
    """Commands that take accounts away."""
    commands: list[Json] = []
    for name in sorted(names):
        if name in clients:
            commands.append({"command": "deleteClient", "username": name})
        if ROLE + name in roles:
            commands.append({"command": "deleteRole", "rolename": ROLE + name})
    return commands


def changes(
    name: str, rules: Sequence[Json], clients: Mapping[str, Json], roles: Mapping[str, Json], password: str | None
) -> list[Json]:
    """Commands that make one account as it should be; none where it is."""
    commands: list[Json] = []
    role = ROLE + name
    if role not in roles:
        commands.append({"command": "createRole", "rolename": role, "acls": rules})
    elif _plain(roles[role].get("acls", [])) != _plain(rules):
        commands.append({"command": "modifyRole", "rolename": role, "acls": rules})
    if name not in clients:
        if password is not None:
            client = {"username": name, "password": password, "roles": [{"rolename": role}]}
            commands.append({"command": "createClient", **client})
    elif password is not None:
        commands.append({"command": "setClientPassword", "username": name, "password": password})
    return commands


def _plain(rules: Sequence[Json]) -> set[tuple[str, str, bool]]:
    return {(rule["acltype"], rule["topic"], rule["allow"]) for rule in rules}


class _Plugin:
    """``async with``: asks the plugin and waits for its answers."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        peer = self._settings.peer
        try:
            self._connection = await open_connection(self._settings, on_publishes=self._take)
            codes = await self._connection.subscribe([Subscription(f"{CONTROL}/response", 0)])
        except ConnectRefusedError as error:
            raise AccountError(f"{peer}: {error.words}", "Is secrets/admin-password the broker's?") from error
        except (OSError, ProtocolError) as error:
            raise AccountError(f"{peer}: {error or type(error).__name__}", "Start the broker first.") from error
        if codes[0] >= 0x80:  # noqa: PLR2004 - MQTT: a refusal
            raise AccountError(f"{peer} does not let {ADMIN} change accounts", "Make its folder anew.")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await self._connection.close()

    def _take(self, _connection: Connection, publishes: list[Publish]) -> None:
        for publish in publishes:
            self._answers.put_nowait(bytes(publish.payload))

    async def ask(self, commands: Sequence[Json]) -> list[Json]:
        """The data of each answer. Raises AccountError with the plugin's words where one is an error."""
        assert self._connection is not None
        request = msgspec.json.encode({"commands": commands})
        try:
            await self._connection.publish_many([Outgoing(CONTROL, request, 1, retain=False)])
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answers: list[Json] = msgspec.json.decode(await self._answers.get())["responses"]
        except OSError as error:  # TimeoutError and ConnectionLostError are OSErrors
            raise AccountError(
                f"the broker's plugin does not answer: {error}", "Look into the broker's log."
            ) from error
        if wrong := [f"{one.get('command')}: {one['error']}" for one in answers if "error" in one]:
            raise AccountError(f"the broker's plugin refuses: {'; '.join(wrong)}")
        return [one.get("data", {}) for one in answers]

    async def clients(self) -> dict[str, Json]:
        """Name → client."""
        found = (await self.ask([{"command": "listClients", "verbose": True, "count": -1, "offset": 0}]))[0]
        return {one["username"]: one for one in found["clients"]}

    async def roles(self) -> dict[str, Json]:
        """Name → role."""
        found = (await self.ask([{"command": "listRoles", "verbose": True, "count": -1, "offset": 0}]))[0]
        return {one["rolename"]: one for one in found["roles"]}


def _settings(folder: Path) -> ConnectionSettings:
    """The plain listener, as the account that may change accounts. Raises AccountError, OSError."""
    text = (folder / "mosquitto.conf").read_text(encoding="utf-8")
    found = re.search(r"(?m)^listener (\d+) (\S+)$", text)
    if found is None:
        raise AccountError(f"{folder / 'mosquitto.conf'} has no listener with an address", "Make the folder anew.")
    address = found[2] if found[2] != "0.0.0.0" else "127.0.0.1"  # noqa: S104 - where it listens is where we connect
    return ConnectionSettings(
        host=address,
        port=int(found[1]),
        client_id="citygate-accounts",
        username=ADMIN,
        password=(folder / "secrets" / f"{ADMIN}-password").read_bytes().strip(),
        max_payload_bytes=LARGEST_ANSWER_BYTES,
    )
