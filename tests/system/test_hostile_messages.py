"""Messages that no sensor should send, among neighbours that must not suffer."""

import json
import signal
import time
from collections import Counter
from typing import NamedTuple

from gateway.sinks.quarantine.read import Quarantine
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import books, city, influx
from tests.proofs.sender import Sender
from tests.servers import Server

STRANGER = "stranger-1"
STRANGER_TOPIC = f"sensors/{STRANGER}/up"
NEIGHBOURS = 200
FIRST_NS = 1_780_000_000_000_000_000
EVERY_NS = 60_000_000_000
KEPT_OF_OVERSIZE = 4_096


class Hostile(NamedTuple):
    what: str
    body: bytes
    reason: str
    topic: str = "sensors/station-3/up"
    retain: bool = False


HOSTILE = [
    Hostile("nothing", b"", "malformed"),
    Hostile("no JSON", b"temperature: 21", "malformed"),
    Hostile("JSON that ends early", b'{"temperature_c": 21', "malformed"),
    Hostile("no object", b"[21.5]", "malformed"),
    Hostile("a time of the wrong type", b'{"time_ns": {"at": 1}, "temperature_c": 21}', "malformed"),
    Hostile("values of the wrong type", b'{"temperature_c": ["warm"], "humidity_percent": null}', "no_readings"),
    Hostile("a text for a number", b'{"temperature_c": "warm"}', "no_readings"),
    Hostile("invalid UTF-8", b'{"temperature_c": "\xff\xfe\xc0"}', "malformed"),
    Hostile("NaN", b'{"temperature_c": NaN}', "malformed"),
    Hostile("a number beyond all", b'{"temperature_c": 1e999}', "malformed"),
    Hostile("a name written twice", b'{"temperature_c": 1, "temperature_c": 2}', "malformed"),
    Hostile("10,000 arrays deep", b"[" * 10_000 + b"]" * 10_000, "too_deep"),
    Hostile("10,000 objects deep", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too_deep"),
    Hostile("the year 9999", b'{"time_ns": 253402300799000000000, "temperature_c": 21}', "implausible_time"),
    Hostile("1 MB", b'{"temperature_c": 21, "pad": "' + b"x" * 1_000_000 + b'"}', "oversize"),
    Hostile("a topic that names no device", b'{"temperature_c": 21}', "malformed", topic="sensors/up"),
    Hostile("a stranger", city.plain_body(FIRST_NS + 7, 12.5), "unknown_device", topic=STRANGER_TOPIC),
    Hostile("a stranger again", city.plain_body(FIRST_NS + 8, 13.5), "unknown_device", topic=STRANGER_TOPIC),
]
OLD_STATE = Hostile(
    "an old state without a time",
    b'{"temperature_c": 99.5}',
    "retained_without_time",
    "sensors/station-4/up",
    retain=True,
)
OLD_STATE_WITH_TIME = ("sensors/station-5/up", city.plain_body(FIRST_NS - EVERY_NS, -17.5))


def start(gateway: GatewayProcess, broker: Server, influx1: Server) -> None:
    gateway.write(
        city.config(city.plain_source(broker.port), influx=influx1), pilots=city.PILOTS, devices=city.PLAIN_DEVICES
    )
    gateway.start()
    gateway.await_links()


def send_among_neighbours(broker: Server) -> None:
    """Each hostile message stands between good ones of all stations, the hostile one's station too."""
    with Sender(broker.port) as sender:
        for number in range(NEIGHBOURS):
            sender.send(city.plain_topic(number), city.plain_body(FIRST_NS + number * EVERY_NS, number / 8))
            if number % 10 == 0 and number // 10 < len(HOSTILE):
                hostile = HOSTILE[number // 10]
                sender.send(hostile.topic, hostile.body)


def kept(gateway: GatewayProcess) -> list[tuple[str, str, str, bytes]]:
    """(reason, detail, topic, bytes) of everything in quarantine, oldest first."""
    with Quarantine(gateway.folder / "state" / "quarantine.sqlite") as quarantine:
        held = sorted(quarantine.entries(limit=1_000), key=lambda entry: entry.number)
        return [
            (entry.reason, entry.detail, entry.topic, entry.body or b"")
            for listed in held
            for entry in quarantine.show(listed.number)
        ]


def test_hostile_messages_are_kept_with_bytes_and_reason_and_harm_no_neighbour(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    with Sender(broker.port) as sender:
        sender.send(OLD_STATE.topic, OLD_STATE.body, retain=True)
        sender.send(*OLD_STATE_WITH_TIME, retain=True)
    start(gateway, broker, influxdb1)
    assert gateway.process is not None
    process = gateway.process.pid
    books.settle(gateway, 2)
    send_among_neighbours(broker)
    books.settle(gateway, 2 + NEIGHBOURS + len(HOSTILE))

    rows = influx.query(influxdb1, "SELECT temperature_c FROM weather")
    found = {row["time"]: row["temperature_c"] for row in rows}
    good = {FIRST_NS + number * EVERY_NS: number / 8 for number in range(NEIGHBOURS)}
    assert found == good | {FIRST_NS - EVERY_NS: -17.5}, "the old state that tells its time is a reading"

    expected = [OLD_STATE, *HOSTILE]
    held = kept(gateway)
    assert [(reason, topic) for reason, _, topic, _ in held] == [(one.reason, one.topic) for one in expected]
    for one, (_, detail, _, body) in zip(expected, held, strict=True):
        assert body == (one.body[:KEPT_OF_OVERSIZE] if one.reason == "oversize" else one.body), one.what
        assert detail, one.what

    listed = json.loads(gateway.command("rejected", "list", "--json").stdout)
    reasons = Counter(one.reason for one in expected)
    assert Counter(entry["reason"] for entry in listed) == reasons
    assert next(entry["full_size"] for entry in listed if entry["reason"] == "oversize") > 1_000_000
    account = books.conserved(gateway)
    assert account["entries"] == books.status(gateway)["received"], "received = intake"
    assert books.status(gateway)["refine"]["rejected"] == len(expected), "counted"
    assert gateway.process.poll() is None
    assert (gateway.process.pid, gateway.starts()) == (process, 1), "the process never stopped"
    assert gateway.stop() == 0


def test_a_stranger_who_is_written_down_later_arrives_with_the_true_times(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    start(gateway, broker, influxdb1)
    with Sender(broker.port) as sender:
        for number in range(5):
            sender.send(STRANGER_TOPIC, city.plain_body(FIRST_NS + number * EVERY_NS, float(number)))
            sender.send(city.plain_topic(number), city.plain_body(FIRST_NS + number * EVERY_NS, 20.0))
    books.settle(gateway, 10)
    inbox = gateway.command("rejected", "list", "--by-device").stdout
    assert STRANGER in inbox
    assert influx.points(influxdb1, "weather", STRANGER) == {}

    added = city.device(STRANGER, "generic/json", "weather-station/new")
    (gateway.folder / "devices" / "new.toml").write_text(added)
    gateway.hang_up()
    wait_until(lambda: bool(gateway.events("FilesReloaded")), within_s=30, what="the files read again")
    report = json.loads(gateway.command("rejected", "retry", "--device", STRANGER, "--json").stdout)
    assert (report["refined"], report["changed"]) == (5, 5)

    wait_until(lambda: influx.count(influxdb1, "weather", "temperature_c") == 10, within_s=60, what="all ten readings")
    arrived = influx.points(influxdb1, "weather", STRANGER)
    wanted = {FIRST_NS + number * EVERY_NS: float(number) for number in range(5)}
    assert {at: point["temperature_c"] for at, point in arrived.items()} == wanted
    assert {point["time_source"] for point in arrived.values()} == {"device"}
    wait_until(lambda: kept(gateway) == [], within_s=30, what="nothing held any more")
    books.conserved(gateway)


def test_files_with_mistakes_keep_the_old_ones_whole(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    start(gateway, broker, influxdb1)
    good = gateway.folder / "devices" / "new.toml"
    good.write_text(city.device(STRANGER, "generic/json", "weather-station/new"))
    (gateway.folder / "devices" / "bad.toml").write_text('[[device]]\nid = "x"\nprofil = "generic/json"\n')
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: bool(gateway.events("FilesKept")), within_s=30, what="the old files kept")
    mistakes = " ".join(gateway.events("FilesKept")[0]["mistakes"])
    assert "bad.toml" in mistakes
    with Sender(broker.port) as sender:
        sender.send(STRANGER_TOPIC, city.plain_body(time.time_ns(), 1.0))
        sender.send(city.plain_topic(0), city.plain_body(time.time_ns(), 2.0))
    books.settle(gateway, 2)
    assert [reason for reason, *_ in kept(gateway)] == ["unknown_device"], "not even the good new file is in force"
    assert influx.count(influxdb1, "weather", "temperature_c") == 1
