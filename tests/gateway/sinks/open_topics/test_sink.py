"""Open topics on a real Mosquitto, seen by an independent client."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest

from device_profiles.catalogue import Catalogue
from gateway.clock import Clock
from gateway.events import Events
from gateway.open_city import OpenCity
from gateway.sinks import SinkRefusedError, SinkUnavailableError
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from gateway.sinks.open_topics.sink import OpenTopicsSink
from pipelines.model import Derived
from tests import servers
from tests.gateway.road import SetClock
from tests.gateway.sinks.entries import DAY, HOUR, MINUTE, T0, S, accepted, observed, revision
from tests.open_cities import city_of, device

STATE = "open/v1/delft/waste/waste-delft/b7/state"
OBS = "open/v1/delft/waste/waste-delft/b7/obs"
STATUS = "open/v1/delft/_gateway/gw-1/state"
EUI = "a81758fffe0462b9"
CITY = city_of(
    [
        device("waste-container/B7"),
        device(f"waste-container/{EUI.upper()}", number=2),
        device("electricity-meter/house-12", number=3),
    ]
)


def open_topics(
    file: Path,
    port: int,
    *,
    city_now: Callable[[], OpenCity] | None = None,
    clock: Clock | None = None,
    **settings: Any,
) -> OpenTopicsSink:
    return OpenTopicsSink(
        "open",
        OpenTopicsSettings(url=f"mqtt://127.0.0.1:{port}", **settings),
        file,
        city="delft",
        gateway_id="gw-1",
        city_now=city_now or (lambda: CITY),
        events=Events(Clock()),
        clock=clock or Clock(),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "open-topics.sqlite"


@contextlib.asynccontextmanager
async def opened(sink: OpenTopicsSink, *, running: bool = True) -> AsyncIterator[OpenTopicsSink]:
    """The sink started, with ``run`` beside it as in the gateway."""
    await sink.start()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sink.run()) if running else None
        yield sink
        if task is not None:
            task.cancel()
    await sink.close()


def open_files() -> list[str]:
    return [str(one.resolve()) for one in Path("/proc/self/fd").iterdir()]


class Subscriber:
    """Collects what an independent client receives."""

    def __init__(self) -> None:
        self.messages: list[aiomqtt.Message] = []
        self._more = asyncio.Event()

    async def listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            self.messages.append(message)
            self._more.set()

    def on(self, topic: str) -> list[aiomqtt.Message]:
        return [message for message in self.messages if message.topic.value == topic]

    def bodies(self, topic: str) -> list[Any]:
        return [msgspec.json.decode(body(message)) for message in self.on(topic)]

    async def until(self, topic: str, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.on(topic)) < count:
                self._more.clear()
                await self._more.wait()


def body(message: aiomqtt.Message) -> bytes:
    assert isinstance(message.payload, bytes)
    return message.payload


@contextlib.asynccontextmanager
async def subscribed(port: int, topics: str = "open/v1/#") -> AsyncIterator[Subscriber]:
    seen = Subscriber()
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(topics, qos=1)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(seen.listen(client))
            yield seen
            listening.cancel()


async def test_a_reading_becomes_an_observation_and_a_retained_state(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port)) as sink:
        async with subscribed(mosquitto.port) as seen:
            readings = [observed(55.0, name="fill_level_percent"), observed(3.6, name="battery_v")]
            await sink.write([revision(17, accepted(*readings))])
            await seen.until(STATE, 1)
            (obs,) = seen.bodies(OBS)
            assert (obs["id"], obs["revision"]) == ("urn:ngsi-ld:WasteContainer:delft:waste-delft:b7", 17)
            assert obs["fillingLevel"]["value"] == 0.55
        async with subscribed(mosquitto.port, STATE) as late:
            await late.until(STATE, 1)
            assert late.on(STATE)[0].retain
            (state,) = late.bodies(STATE)
            assert state["location"] == {"type": "Point", "coordinates": [4.357, 52.011]}
            assert state["fillingLevel"] == obs["fillingLevel"]
            assert state["batteryV"]["observedAt"] == "2026-11-03T10:00:00Z"
        assert sink._events.counts["open.obs"] == 1


async def test_messages_say_their_schema_type_and_expiry(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port)) as sink, subscribed(mosquitto.port) as seen:
        await sink.write([revision(1, accepted(observed(time_ns=T0 - 2 * DAY))), revision(2, accepted(observed()))])
        await seen.until(STATE, 1)
        properties: Any = seen.on(STATE)[0].properties
        assert properties.ContentType == "application/json"
        assert properties.UserProperty == [("schema", "open/v1"), ("v", "1.1")]
        assert properties.MessageExpiryInterval in range(20 * 86_400 - 5, 20 * 86_400 + 1)
        observation: Any = seen.on(OBS)[0].properties
        assert observation.MessageExpiryInterval in range(86_400 - 5, 86_400 + 1)


async def test_late_readings_go_to_obs_with_their_time_and_leave_the_state(
    mosquitto: servers.Server, file: Path
) -> None:
    async with opened(open_topics(file, mosquitto.port, coalesce_s=0)) as sink, subscribed(mosquitto.port) as seen:
        await sink.write([revision(1, accepted(observed(20.0, T0)))])
        await sink.write([revision(2, accepted(observed(10.0, T0 - HOUR, reason="late")))])
        await sink.write([revision(3, accepted(observed(21.0, T0), of=1), first=False)])
        await seen.until(STATE, 2)
        await seen.until(OBS, 3)
        assert [one["temperature"]["value"] for one in seen.bodies(STATE)] == [20, 21]
        assert [one["temperature"]["observedAt"] for one in seen.bodies(OBS)] == [
            "2026-11-03T10:00:00Z",
            "2026-11-03T09:00:00Z",
            "2026-11-03T10:00:00Z",
        ]


async def test_a_repeated_batch_publishes_no_state_again(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port, coalesce_s=0)) as sink, subscribed(mosquitto.port) as seen:
        batch = [revision(1, accepted(observed(20.0, T0))), revision(2, accepted(observed(21.0, T0 + S)))]
        await sink.write(batch)
        await sink.write(batch)
        await seen.until(OBS, 4)
        assert [one["temperature"]["value"] for one in seen.bodies(STATE)] == [21]


async def test_states_are_coalesced_observations_never(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port, coalesce_s=1.5)) as sink, subscribed(mosquitto.port) as seen:
        began = time.monotonic()
        for number in range(1, 9):
            await sink.write([revision(number, accepted(observed(float(number), T0 + number * S)))])
            await asyncio.sleep(0.02)
        await seen.until(STATE, 2)
        waited_s = time.monotonic() - began
        assert [one["temperature"]["value"] for one in seen.bodies(OBS)] == list(range(1, 9))
        assert [one["temperature"]["value"] for one in seen.bodies(STATE)] == [1, 8]
        assert waited_s >= 1.5


async def test_what_waited_to_be_published_leaves_at_the_close(mosquitto: servers.Server, file: Path) -> None:
    async with subscribed(mosquitto.port) as seen:
        async with opened(open_topics(file, mosquitto.port, coalesce_s=3_600), running=False) as sink:
            await sink.write([revision(1, accepted(observed(1.0, T0)))])
            await sink.write([revision(2, accepted(observed(2.0, T0 + S)))])
            assert len(seen.on(STATE)) <= 1
        await seen.until(STATE, 2)
        assert [one["temperature"]["value"] for one in seen.bodies(STATE)] == [1, 2]


async def test_after_a_restart_no_older_state_is_published(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port)) as sink:
        await sink.write([revision(5, accepted(observed(20.0, T0), observed(3.6, T0, name="battery_v")))])
    async with opened(open_topics(file, mosquitto.port)) as sink, subscribed(mosquitto.port) as seen:
        await sink.write([revision(6, accepted(observed(10.0, T0 - MINUTE)))])
        await seen.until(OBS, 1)
        await sink.write([revision(7, accepted(observed(22.0, T0 + MINUTE)))])
        await seen.until(STATE, 2)
        retained, fresh = seen.bodies(STATE)
        assert (retained["temperature"]["value"], fresh["temperature"]["value"]) == (20, 22)
        assert fresh["batteryV"]["value"] == 3.6


async def test_a_crash_before_a_state_left_is_made_good_at_the_next_start(
    mosquitto: servers.Server, file: Path
) -> None:
    sink = open_topics(file, mosquitto.port, coalesce_s=3_600)
    await sink.start()
    await sink.write([revision(1, accepted(observed(1.0, T0)))])
    await sink.write([revision(2, accepted(observed(2.0, T0 + S)))])
    assert sink._publisher._connection is not None
    sink._publisher._connection.abort()  # the process dies here
    async with subscribed(mosquitto.port) as seen:
        await seen.until(STATE, 1)
        async with opened(open_topics(file, mosquitto.port)):
            await seen.until(STATE, 2)
            assert [one["temperature"]["value"] for one in seen.bodies(STATE)] == [1, 2]
            await asyncio.sleep(0)
    await sink._thread.end(sink._forget)


async def test_a_state_of_which_all_was_taken_back_is_cleared(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port, coalesce_s=0)) as sink, subscribed(mosquitto.port) as seen:
        await sink.write([revision(1, accepted(observed(1.0, T0)))])
        await sink.write([revision(2, accepted(observed(1.0, T0, quality="retracted")), first=False)])
        await seen.until(STATE, 2)
        assert body(seen.on(STATE)[1]) == b""
        gone = seen.bodies(OBS)[1]["temperature"]
        assert (gone["quality"], "value" in gone) == ("retracted", False)
    async with subscribed(mosquitto.port, "open/v1/#") as late:
        await late.until(STATUS, 1)
        assert late.on(STATE) == []


async def test_a_feature_that_is_no_more_leaves_no_retained_state(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port)) as sink:
        await sink.write([revision(1, accepted(observed()))])
        assert await sink.retire("waste-container/B7") == 1
        assert await sink.retire("waste-container/B7") == 0
    async with subscribed(mosquitto.port) as late:
        await late.until(STATUS, 1)
        assert late.on(STATE) == []


META = "open/v1/delft/waste/waste-delft/b7/meta"


async def test_each_entity_says_what_it_is_once_and_again_when_the_files_change(
    mosquitto: servers.Server, file: Path
) -> None:
    cities = [city_of([device("waste-container/B7", name=f"Bin 7, {EUI}"), device("waste-container/B8", number=8)])]
    async with (
        opened(open_topics(file, mosquitto.port, city_now=lambda: cities[-1]), running=False) as sink,
        subscribed(mosquitto.port, "open/v1/+/+/+/+/meta") as seen,
    ):
        await sink.tend()
        await sink.tend()
        await seen.until(META, 1)
        (meta,) = seen.bodies(META)
        assert (meta["type"], meta["licence"], meta["contact"]["email"]) == (
            "Device",
            "CC-BY-4.0",
            "pilot@delft.example",
        )
        assert "name" not in meta
        assert EUI not in str(meta)
        cities.append(city_of([device("waste-container/B7", name="Bin seven"), device("waste-container/B8", number=8)]))
        await sink.tend()
        await seen.until(META, 2)
        assert seen.bodies(META)[-1]["name"] == "Bin seven"
        assert len(seen.messages) == 3


async def test_what_the_files_no_longer_name_leaves_no_retained_topic_even_after_a_restart(
    mosquitto: servers.Server, file: Path
) -> None:
    async with opened(open_topics(file, mosquitto.port)) as sink:
        day = observed(1.0, name="overflow_h", interval_ns=DAY)
        derived = Derived("waste-container", 1, "waste-delft", "delft", (day,))
        await sink.tend()
        await sink.write([revision(1, accepted(observed())), revision(2, derived)])
    async with subscribed(mosquitto.port) as seen:
        await seen.until(STATE, 1)
        await seen.until(META, 1)
        await seen.until(META.replace("meta", "agg/1d"), 1)
    async with opened(
        open_topics(file, mosquitto.port, city_now=lambda: city_of([device("waste-container/B9")]))
    ) as sink:
        await sink.tend()
        await sink.write([revision(3, accepted(observed(9.0, T0 + HOUR)))])
    async with subscribed(mosquitto.port) as late:
        await late.until(META.replace("b7", "b9"), 1)
        there = {
            one.topic.value for one in late.messages if "/_" not in one.topic.value.removeprefix("open/v1/delft/_")
        }
        assert there == {STATUS, META.replace("b7", "b9")}


async def test_one_box_in_class_d_is_silent_and_the_rest_of_its_pilot_is_heard(
    mosquitto: servers.Server, file: Path
) -> None:
    homes = [device("waste-container/B7"), device("waste-container/home", number=2, privacy_class="D")]
    sink = open_topics(file, mosquitto.port, city_now=lambda: city_of(homes))
    async with subscribed(mosquitto.port) as seen, opened(sink):
        await sink.tend()
        inside = [observed(21.0, feature="waste-container/home"), observed(5.0, feature="waste-container/home")]
        await sink.write([revision(1, accepted(*inside)), revision(2, accepted(observed()))])
        await seen.until(STATE, 1)
        assert len(seen.on(OBS)) == 1
        there = [one.topic.value.split("/") for one in seen.messages]
    assert {parts[5] for parts in there if parts[4] == "waste-delft" and parts[5][0] != "_"} == {"b7"}
    assert not [one for one in seen.messages if b"home" in body(one)]


async def test_a_property_that_is_declared_d_leaves_the_retained_state_and_is_said_no_more(
    mosquitto: servers.Server, file: Path
) -> None:
    readings = [observed(55.0, name="fill_level_percent"), observed(21.5)]
    profiles = Catalogue.load().profiles
    cities = [
        city_of([device("waste-container/B7", profile="milesight-iot/em400-udl", privacy=declared)], profiles=profiles)
        for declared in ({}, {"temperature_c": "D"})
    ]
    for city, expected in zip(cities, ({"fillingLevel", "temperature"}, {"fillingLevel"}), strict=True):
        sink = open_topics(file, mosquitto.port, city_now=lambda city=city: city)  # type: ignore[misc]
        async with opened(sink):
            await sink.tend()
            async with subscribed(mosquitto.port, "open/v1/+/+/+/+/state") as before:
                await asyncio.sleep(0.3)
            if city is cities[1]:
                assert before.on(STATE) == [], "what the broker held is cleared"
            await sink.write([revision(1, accepted(*readings))])
            async with subscribed(mosquitto.port, STATE) as late:
                await late.until(STATE, 1)
                assert late.bodies(STATE)[0].keys() & {"fillingLevel", "temperature"} == expected


async def test_the_delivery_and_the_tending_begin_together_on_one_memory(mosquitto: servers.Server, file: Path) -> None:
    sink = open_topics(file, mosquitto.port)
    await asyncio.gather(sink.start(), sink.tend(), sink.write([revision(1, accepted(observed()))]))
    assert open_files().count(str(file)) == 1
    await sink.close()


async def test_a_delay_holds_back_what_is_younger(mosquitto: servers.Server, file: Path) -> None:
    clock = SetClock(T0 + S)
    async with opened(open_topics(file, mosquitto.port, clock=clock, delay_min=0.005)) as sink:
        began = time.monotonic()
        await sink.write([revision(1, accepted(observed()))])
        assert time.monotonic() - began >= 0.3
        clock.advance(60)
        waited_s = []
        for number in range(2, 7):  # a machine that stalls once does not stall five times
            began = time.monotonic()
            await sink.write([revision(number, accepted(observed(2.0, T0 + S)))])
            waited_s.append(time.monotonic() - began)
        assert min(waited_s) < 0.3


async def test_the_salt_of_hidden_names_is_for_the_gateways_user_alone(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port)):
        salt = file.parent / "open-data.salt"
        assert salt.stat().st_mode & 0o777 == 0o600
        before = salt.read_bytes()
    async with opened(open_topics(file, mosquitto.port)):
        assert salt.read_bytes() == before
        assert len(before) == 16


async def test_meters_of_households_and_ids_of_devices_never_leave(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port)) as sink, subscribed(mosquitto.port) as seen:
        meter = observed(1.0, name="energy_import_kwh", feature="electricity-meter/house-12")
        named_after = observed(2.0, feature=f"waste-container/{EUI.upper()}")
        await sink.write(
            [revision(1, accepted(meter)), revision(2, accepted(named_after)), revision(3, accepted(observed()))]
        )
        await seen.until(STATE, 1)
        said = b"".join(one.topic.value.encode() + body(one) for one in seen.messages).lower()
        assert b"house-12" not in said
        assert EUI.encode() not in said
        assert sink._events.counts["open.withheld"] == 1
        assert sink._events.counts["open.obs"] == 2


async def test_the_gateway_says_when_it_comes_goes_and_dies(mosquitto: servers.Server, file: Path) -> None:
    async with subscribed(mosquitto.port, STATUS) as seen:
        async with opened(open_topics(file, mosquitto.port)):
            await seen.until(STATUS, 1)
        await seen.until(STATUS, 2)
        dying = open_topics(file, mosquitto.port)
        await dying.start()
        await seen.until(STATUS, 3)
        assert dying._publisher._connection is not None
        dying._publisher._connection.abort()
        await seen.until(STATUS, 4)
        assert [one["state"] for one in seen.bodies(STATUS)] == ["online", "offline", "online", "offline"]
        await dying.close()


async def test_a_broker_that_is_away_is_unavailable_and_nothing_is_lost(mosquitto: servers.Server, file: Path) -> None:
    async with opened(open_topics(file, mosquitto.port)) as sink:
        await sink.write([revision(1, accepted(observed(1.0, T0)))])
        mosquitto.kill_nine()
        batch = [revision(2, accepted(observed(2.0, T0 + S)))]
        for _ in range(2):
            with pytest.raises(SinkUnavailableError, match="mqtt://"):
                await sink.write(batch)
        mosquitto.start()
        async with subscribed(mosquitto.port) as seen:
            await sink.write(batch)
            await seen.until(OBS, 1)
            await seen.until(STATE, 1)
            if seen.bodies(STATE)[-1]["temperature"]["value"] == 1:  # what the broker had saved before it was killed
                await seen.until(STATE, 2)
            assert seen.bodies(STATE)[-1]["temperature"]["value"] == 2


async def test_a_forbidden_topic_is_unavailable_with_how_to_mend_it(tmp_path: Path, file: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"topic write {STATUS}\n")
    with servers.running(servers.mosquitto(tmp_path / "mosquitto", config=f"acl_file {acl}")) as broker:
        sink = open_topics(file, broker.port)
        await sink.start()
        with pytest.raises(SinkUnavailableError, match="0x87") as caught:
            await sink.write([revision(1, accepted(observed()))])
        assert "access list" in caught.value.mend
        await sink.close()


async def test_an_entry_that_the_broker_never_takes_is_refused_by_its_number(tmp_path: Path, file: Path) -> None:
    config = "max_packet_size 600"
    with servers.running(servers.mosquitto(tmp_path / "mosquitto", config=config)) as broker:
        async with opened(open_topics(file, broker.port)) as sink:
            names = ("temperature_c", "fill_level_percent", "battery_v", "distance_mm", "humidity_percent")
            large = accepted(*(observed(1.0, name=name) for name in names))
            with pytest.raises(SinkRefusedError) as caught:
                await sink.write([revision(1, accepted(observed())), revision(2, large)])
            assert [refusal.number for refusal in caught.value.refusals] == [2]
            assert b"fillingLevel" in caught.value.refusals[0].body


async def test_a_wrong_password_is_told_with_how_to_mend_it(tmp_path: Path, file: Path) -> None:
    with servers.running(servers.mosquitto(tmp_path / "mosquitto", config="allow_anonymous false")) as broker:
        secret = tmp_path / "password"
        secret.write_bytes(b"wrong\n")
        sink = open_topics(file, broker.port, username="citygate", password_file=secret)
        with pytest.raises(SinkUnavailableError) as caught:
            await sink.start()
        assert caught.value.mend
        assert "wrong" not in str(caught.value)
        await sink.close()
