"""What the broker's log tells, from lines of a real Mosquitto 2.0.11 and from one that runs."""

from datetime import UTC, datetime

import pytest

from gateway.startups.usage import Use, usage_of
from tests.gateway.startups.open_broker import PILOTS, open_broker
from tests.gateway_process import wait_until

STATES = f"open/v1/delft/+/{PILOTS[0]}/+/state"

LOG = """\
1795343889: mosquitto version 2.0.11 starting
1795343889: Opening ipv4 listen socket on port 21885.
1795343889: New client connected from 127.0.0.1:54286 as acme (p5, c0, k60, u'acme').
1795343889: acme 1 open/#
1795343889: acme 1 $share/g/x/#
1795343890: Client acme disconnected.
1795343890: Outgoing messages are being dropped for client acme.
1795343891: New client connected from 127.0.0.1:54382 as acme (p5, c0, k60, u'acme').
1795343891: acme open/#
1795343892: New client connected from 127.0.0.1:54383 as gateway-1 (p5, c1, k60, u'gateway').
1795343892: gateway-1 0 open/v1/#
1795343893: Client acme already connected, closing old connection.
1795343893: New client connected from 127.0.0.1:54384 as acme (p5, c0, k60, u'acme').
"""


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def use(log: str) -> Use:
    usage = usage_of(log.splitlines(), ["acme", "silent"])
    assert usage is not None
    assert usage.since == at(1795343889)
    assert usage.by_name["silent"] == Use()
    return usage.by_name["acme"]


def test_connections_subscriptions_and_full_queues_are_counted() -> None:
    assert use(LOG) == Use(
        connected=True, connections=3, last_seen=at(1795343893), drops=1, subscriptions={"$share/g/x/#": None}
    )


@pytest.mark.parametrize(
    "line",
    [
        "Client acme disconnected.",
        "Client acme closed its connection.",
        "Client acme has exceeded timeout, disconnecting.",
        "Client acme disconnected, not authorised.",
        "Client acme been disconnected by administrative action.",
        "mosquitto version 2.0.11 starting",
    ],
)
def test_every_way_to_go_is_known(line: str) -> None:
    assert not use(f"{LOG}1795343899: {line}\n").connected


def test_a_new_session_has_no_subscriptions_at_first() -> None:
    log = f"{LOG}1795343899: New client connected from 127.0.0.1:1 as acme (p5, c1, k60, u'acme').\n"
    assert use(log).subscriptions == {}


def test_no_log_and_an_empty_one_tell_nothing() -> None:
    assert usage_of([], ["acme"]) is None
    assert usage_of(["no time here"], ["acme"]) is None


def test_a_real_broker_tells_who_is_there_and_whose_queue_ran_full() -> None:
    with open_broker() as broker:
        password = broker.add("acme", "startup", PILOTS[0])
        assert "acme  no                   0  never" in broker.startup("usage")
        with broker.connect("acme", password) as reader:
            reader.subscribe(STATES)
            shown = broker.startup("usage")
            assert "acme  yes                  1  20" in shown
            assert STATES in shown
        wait_until(lambda: "acme  no" in broker.startup("usage"), what="the log tells that it went")
        conf = broker.broker / "mosquitto.conf"
        broker.server.stop()
        conf.write_text(conf.read_text().replace("max_queued_messages 1000", "max_queued_messages 5"))
        broker.server.start()
        with broker.lasting(broker.tls_port, "acme", password) as reader:
            reader.subscribe(STATES)
        with broker.connect("gateway", broker.secret("gateway"), plain=True) as gateway:
            for number in range(20):
                gateway.publish(f"open/v1/delft/parking/{PILOTS[0]}/bay-1/state", b"%d" % number)
        shown = broker.startup("usage", "--json")
        assert '"drops": 1' in shown
        broker.log.unlink()
        assert "unknown" in broker.startup("usage")
