"""Every account by topic by verb on a real Mosquitto, by files and by plugin: no message outside a grant.

What each tier may read is written down here once more, by hand, from the city's promise to start-ups; the product makes
its filters from the publisher's table. The number of cells that were tried is printed.
"""

import re
import socket
from collections.abc import Iterator
from typing import NamedTuple

import paho.mqtt.client as paho
import pytest

from gateway.broker_accounts import CONTROL
from gateway.mqtt.encoder import encode
from gateway.mqtt.packets import Connect, Will
from pipelines.open_data.channels import CHANNELS as PUBLISHED
from tests.gateway.startups.open_broker import CITY, PILOTS, Client, OpenBroker, open_broker

PUBLIC = ("thing-1/meta", "thing-1/agg/1h", "thing-1/agg/1d", "_asyncapi", "_catalog")
STARTUP = (*PUBLIC, "thing-1/state", "thing-1/event", "thing-1/agg/15m")
READS = {
    "public": PUBLIC,
    "startup": STARTUP,
    "partner": (*STARTUP, "thing-1/obs"),
}
CHANNELS = READS["partner"]
"""What follows the pilot in a topic."""
GATEWAY_STATE = f"open/v1/{CITY}/_gateway/gw-1/state"
SENSORTHINGS = "sta/v1.1/Datastreams(17)/Observations"
FENCE = f"open/v1/{CITY}/_gateway/fence/state"
"""Everybody reads it: what came before it on a connection has come."""

OF_PILOTS = [f"open/v1/{CITY}/{p.partition('-')[0]}/{p}/{c}" for p in PILOTS for c in CHANNELS]
OF_NOBODY = [
    *(f"open/v1/gent/parking/parking-delft/{channel}" for channel in CHANNELS),  # another city's
    "open/v1/delft/parking/parking-delft/thing-1/secret",  # no channel
    "open/v1/delft/parking/parking-delft/thing-1",
    "open/v1/delft/parking/parking-delft/thing-1/state/more",
    "open/v2/delft/parking/parking-delft/thing-1/state",
    "open/v1",
    "application/1/device/0102030405060708/event/up",
    "application/1/device/0102030405060708/command/down",
    "v3/city@ttn/devices/d/up",
    "elsewhere",
    "/open/v1/delft",
]
OF_A_LATER_PILOT = [f"open/v1/{CITY}/parking/parking-delft-2/{channel}" for channel in CHANNELS]
TOPICS = [*OF_PILOTS, *OF_A_LATER_PILOT, GATEWAY_STATE, SENSORTHINGS, *OF_NOBODY]
BROKERS_OWN = ["$SYS/broker/uptime", "$SYS/broker/version", f"{CONTROL}/response"]

BROAD = ["#", "+/#", "open/#", "open/v1/+/+/+/+/#", "+/+/+/+/+/+/state", "+/+/+/+/+/+/+", "application/#", "$SYS/#"]
BROKERS = ["$SYS/broker/+", "$CONTROL/#", f"{CONTROL}/response", "/#", "sta/#", "+", "+/v1/+/parking/#"]


class Tenant(NamedTuple):
    name: str
    tier: str
    pilots: tuple[str, ...]
    stands: str = "active"

    def may_read(self, topic: str) -> bool:
        if self.stands != "active":
            return False
        if topic in (GATEWAY_STATE, FENCE):
            return True
        if topic == SENSORTHINGS:
            return self.tier == "partner" and self.pilots == ("all",)
        pilots = (*PILOTS, "parking-delft-2") if self.pilots == ("all",) else self.pilots
        granted = {
            f"open/v1/{CITY}/{pilot.partition('-')[0]}/{pilot}/{channel}"
            for pilot in pilots
            for channel in READS[self.tier]
        }
        return topic in granted


TENANTS = [
    *(Tenant(f"{tier}-one", tier, (PILOTS[0],)) for tier in READS),
    Tenant("partner-two", "partner", PILOTS[:2]),
    *(Tenant(f"{tier}-all", tier, ("all",)) for tier in READS),
    Tenant("was-partner", "partner", ("all",), "revoked"),
    Tenant("late-partner", "partner", ("all",), "expired"),
]


@pytest.fixture(scope="module", params=["files", "dynamic-security"])
def broker(request: pytest.FixtureRequest) -> Iterator[OpenBroker]:
    with open_broker(accounts=request.param) as made:
        yield made


@pytest.fixture(scope="module")
def passwords(broker: OpenBroker) -> dict[str, str]:
    found = {one.name: broker.add(one.name, one.tier, *one.pilots) for one in TENANTS}
    broker.startup("revoke", "was-partner")
    record = broker.broker / "secrets" / "startups.json"
    text = record.read_text().replace('"name": "late-partner",', '"name": "late-partner",\n"expires": "2026-01-31",')
    record.write_text(text)
    assert "1 expired, 1 revoked" in broker.startup("apply")
    return found


@pytest.fixture(scope="module")
def auditor(broker: OpenBroker) -> Iterator[Client]:
    """Reads and writes all. Every topic has a retained message from the start."""
    with broker.connect("auditor", "audit", plain=True) as client:
        assert client.connected == 0
        client.publish_all([(topic, retained(topic)) for topic in (*TOPICS, FENCE)], retain=True)
        yield client


def test_no_channel_of_the_publishers_table_is_left_untried() -> None:
    tried = {re.sub(r"^thing-1/", "{entity}/", one) for one in CHANNELS}
    published = {one.address.partition("/{pilot}/")[2] for one in PUBLISHED}
    assert published - {""} == tried
    assert {one.name for one in PUBLISHED if "{pilot}" not in one.address} == {"gateway", "sensorthings"}


def retained(topic: str) -> bytes:
    return f"retained {topic}".encode()


def live(topic: str) -> bytes:
    return f"live {topic}".encode()


def tell_all(auditor: Client, fence: bytes) -> None:
    auditor.publish_all([(topic, live(topic)) for topic in TOPICS])
    auditor.publish(FENCE, fence)


class Cells:
    """What was tried, and what came out wrong."""

    def __init__(self, kept_in: str) -> None:
        self.kept_in = kept_in
        self.tried = 0
        self.wrong: list[str] = []

    def note(self, tenant: Tenant, verb: str, topic: str, *, happened: bool, granted: bool) -> None:
        self.tried += 1
        if happened != granted:
            self.wrong.append(f"{tenant.name} {verb} {topic}: {'happened' if happened else 'did not happen'}")


@pytest.fixture(scope="module")
def cells(request: pytest.FixtureRequest, broker: OpenBroker) -> Iterator[Cells]:
    made = Cells("dynamic-security" if (broker.broker / "data" / "dynamic-security.json").exists() else "files")
    yield made
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\naccess matrix, accounts in {made.kept_in}: {made.tried} cells tried, {len(made.wrong)} wrong")


def hear(client: Client, auditor: Client, fence: bytes) -> set[tuple[str, bytes]]:
    """Everything that reaches the client of a round, the retained messages before it too."""
    tell_all(auditor, fence)
    return set(client.until(fence))


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.name)
def test_an_account_receives_what_it_was_granted_and_nothing_else(
    broker: OpenBroker, passwords: dict[str, str], auditor: Client, cells: Cells, tenant: Tenant
) -> None:
    """Each topic by its own name, then everything at once by filters that are as broad as they can be."""
    before = len(cells.wrong)
    with broker.connect(tenant.name, passwords[tenant.name]) as client:
        if tenant.stands != "active":
            assert client.connected != 0
            for verb in ("retained", "live", "retained by wildcard", "live by wildcard", "shared"):
                for topic in (*TOPICS, *BROKERS_OWN):
                    cells.note(tenant, verb, topic, happened=False, granted=False)
            return
        client.subscribe(*TOPICS, *BROKERS_OWN, FENCE)
        note_heard(cells, tenant, "", hear(client, auditor, b"exact"))
    with broker.connect(tenant.name, passwords[tenant.name]) as client:
        client.subscribe(FENCE, *BROAD, *BROKERS)
        heard = hear(client, auditor, b"broad")
        # The plugin refuses filters that are wider than the grant; the files let them be, and hold messages back.
        note_heard(cells, tenant, " by wildcard", heard, served=cells.kept_in == "files")
    assert cells.wrong[before:] == []


@pytest.mark.parametrize("tenant", [one for one in TENANTS if one.stands == "active"], ids=lambda tenant: tenant.name)
def test_shared_subscriptions_are_no_way_around(
    broker: OpenBroker, passwords: dict[str, str], auditor: Client, cells: Cells, tenant: Tenant
) -> None:
    before = len(cells.wrong)
    with broker.connect(tenant.name, passwords[tenant.name], protocol=paho.MQTTv5) as client:
        client.subscribe(FENCE, *(f"$share/group-of-{tenant.name}/{one}" for one in ("#", "$SYS/#", "open/v1/#")))
        heard = hear(client, auditor, b"shared")
    for topic in (*TOPICS, *BROKERS_OWN):
        happened = any(each == topic for each, _ in heard)
        granted = tenant.may_read(topic) and cells.kept_in == "files"  # the plugin grants no shared subscriptions
        cells.note(tenant, "shared", topic, happened=happened, granted=granted)
    assert cells.wrong[before:] == []


def note_heard(cells: Cells, tenant: Tenant, how: str, heard: set[tuple[str, bytes]], *, served: bool = True) -> None:
    for topic in (*TOPICS, *BROKERS_OWN):
        for verb, body in (("retained", retained(topic)), ("live", live(topic))):
            granted = tenant.may_read(topic) and served
            cells.note(tenant, verb + how, topic, happened=(topic, body) in heard, granted=granted)
    known = {(topic, make(topic)) for topic in (*TOPICS, FENCE) for make in (retained, live)}
    assert heard <= known, "only what was published arrives, each under its own topic"


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.name)
def test_nobody_but_the_gateway_publishes(
    broker: OpenBroker, passwords: dict[str, str], auditor: Client, cells: Cells, tenant: Tenant
) -> None:
    """With QoS 0, with QoS 1 and retained, and as a last will."""
    before = len(cells.wrong)
    targets = [*TOPICS, *BROKERS_OWN, CONTROL]
    for verb, qos, retain in (("publish", 0, False), ("publish retained", 1, True)):
        with broker.connect(tenant.name, passwords[tenant.name]) as client:
            if client.connected == 0:
                forged = [(topic, f"forged {verb} {topic}".encode()) for topic in targets]
                client.publish_all(forged, qos=qos, retain=retain)
    wills = targets if tenant.name in ("partner-all", "was-partner") else []  # each costs the broker a password's hash
    for topic in wills:
        die_with_a_will(broker.port, tenant.name, passwords[tenant.name], topic)
    with broker.connect("auditor", "audit", plain=True) as reader:
        reader.subscribe("#", "$SYS/#", "$CONTROL/#")
        auditor.publish("elsewhere", b"end of round")
        bodies = {body for _, body in reader.until(b"end of round")}
    for verb, tried in (("publish", targets), ("publish retained", targets), ("will", wills)):
        for topic in tried:
            happened = f"forged {verb} {topic}".encode() in bodies
            cells.note(tenant, verb, topic, happened=happened, granted=False)
    assert cells.wrong[before:] == []


def die_with_a_will(port: int, user: str, password: str, topic: str) -> None:
    """Connect with a retained last will and break off: a broker that took it would publish it."""
    will = Will(topic, f"forged will {topic}".encode(), 1, retain=True)
    with socket.create_connection(("127.0.0.1", port), 5) as link:
        link.sendall(encode(Connect(f"{user}-dies", True, 60, user, password.encode(), will), "3.1.1"))
        link.recv(4)


def test_the_gateway_itself_publishes_open_topics_and_nothing_else(broker: OpenBroker, auditor: Client) -> None:
    with broker.connect("auditor", "audit", plain=True) as reader:
        reader.subscribe("#")
        reader.at_once()
        with broker.connect("gateway", broker.secret("gateway"), plain=True) as gateway:
            gateway.publish_all([(topic, b"by the gateway") for topic in TOPICS])
        auditor.publish("elsewhere", b"end")
        heard = {topic for topic, body in reader.until(b"end") if body == b"by the gateway"}
    assert heard == {topic for topic in TOPICS if topic.startswith(("open/v1", "sta/v1.1/"))}


def test_a_start_up_cannot_make_itself_an_account(broker: OpenBroker, passwords: dict[str, str]) -> None:
    forged = b'{"commands":[{"command":"createClient","username":"evil","password":"evil"}]}'
    with broker.connect("partner-all", passwords["partner-all"]) as client:
        client.publish(CONTROL, forged)
    with broker.connect("evil", "evil") as evil:
        assert evil.connected != 0
