"""The documents of pilots on a real Mosquitto, and every body that the sink publishes, held against them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest
from jsonschema import Draft7Validator

from gateway.open_city import OpenCity
from pipelines.catalogue.bodies import kinds_of, properties_of
from pipelines.catalogue.examples import example_value
from pipelines.model import Accepted, Derived, Observation
from pipelines.open_data.channels import CHANNELS, PERIODS
from pipelines.open_data.privacy import SUMS
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, Domain
from tests import servers
from tests.gateway.sinks.entries import T0, accepted, revision
from tests.gateway.sinks.open_topics.test_sink import open_topics, opened, subscribed
from tests.open_cities import city_of, device, pilot
from tests.pipelines.catalogue.pilots import FULL

PILOT = "open/v1/delft/{domain}/waste-delft/{name}"
ASYNCAPI, CATALOG = (PILOT.format(domain="waste", name=name) for name in ("_asyncapi", "_catalog"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "open-topics.sqlite"


def of_domains(city: OpenCity, *domains: Domain) -> OpenCity:
    """The same city with a pilot of fewer domains."""
    one = pilot("waste-delft").model_copy(update={"domains": domains})
    files = msgspec.structs.replace(city.files, pilots={"waste-delft": one})
    return OpenCity(files)


BIN = city_of([device("waste-container/B7")])


def media_type(message: aiomqtt.Message) -> str:
    properties: Any = message.properties
    return str(properties.ContentType)


async def test_documents_are_retained_with_their_media_type(mosquitto: servers.Server, file: Path) -> None:
    city = of_domains(BIN, Domain.WASTE)
    async with opened(open_topics(file, mosquitto.port, city_now=lambda: city), running=False) as sink:
        await sink.tend()
    async with subscribed(mosquitto.port) as late:
        await late.until(ASYNCAPI, 1)
        await late.until(CATALOG, 1)
        types = {topic: media_type(late.on(topic)[0]) for topic in (ASYNCAPI, CATALOG)}
        assert types == {
            ASYNCAPI: "application/vnd.aai.asyncapi+json;version=3.0.0",
            CATALOG: "application/ld+json",
        }
        assert all(one.retain for one in late.messages)
        (described,) = late.bodies(ASYNCAPI)
        assert described["info"]["title"] == "The pilot waste-delft"


async def test_they_are_said_again_only_when_the_files_change(mosquitto: servers.Server, file: Path) -> None:
    cities = [of_domains(BIN, Domain.WASTE)]
    async with subscribed(mosquitto.port, PILOT.format(domain="+", name="+")) as seen:
        for _ in range(2):
            async with opened(open_topics(file, mosquitto.port, city_now=lambda: cities[-1]), running=False) as sink:
                await sink.tend()
        await seen.until(CATALOG, 1)
        assert len(seen.messages) == 2, "a restart is no news"
        cities.append(of_domains(BIN, Domain.AIR))
        async with opened(open_topics(file, mosquitto.port, city_now=lambda: cities[-1]), running=False) as sink:
            await sink.tend()
        await seen.until(CATALOG, 2)
    empty = [one.topic.value for one in seen.messages if not one.payload]
    assert sorted(empty) == [ASYNCAPI, CATALOG], "of a domain that is no more nothing stays"


def observations(feature: str, time_ns: int, interval_ns: int, wanted: Callable[[str], bool]) -> list[Observation]:
    kind = FEATURE_TYPES[feature.partition("/")[0]]
    rows = [PROPERTIES[name] for name in (row.name for row in properties_of(FULL, kind)) if wanted(name)]
    return [Observation(feature, row.name, example_value(row), time_ns, interval_ns=interval_ns) for row in rows]


async def test_every_body_that_the_sink_publishes_is_valid_in_the_document(
    mosquitto: servers.Server, file: Path
) -> None:
    kinds = [kind for kind in kinds_of(FULL) if not kind.name.endswith("-meter")]
    features = [f"{kind.name}/{kind.name}-1" for kind in kinds]
    city = city_of([device(feature, number=at) for at, feature in enumerate(features)])
    batch: list[Accepted | Derived] = []
    for feature in features:
        said = observations(feature, T0, 0, lambda name: not PROPERTIES[name].event)
        happened = observations(feature, T0, 0, lambda name: PROPERTIES[name].event)
        batch.append(accepted(*said, feature=feature))
        batch.append(Derived("machine", 1, "waste-delft", "delft", tuple(happened)))
        for shortest, _ in PERIODS.values():
            counted = observations(feature, T0, shortest, lambda name: not PROPERTIES[name].event and name not in SUMS)
            batch.append(Derived("machine", 1, "waste-delft", "delft", tuple(counted)))
    batch = [entry for entry in batch if entry.observations]
    async with subscribed(mosquitto.port, "#") as seen:
        sink = open_topics(file, mosquitto.port, city_now=lambda: city, sensorthings=True)
        async with opened(sink, running=False):
            await sink.tend()
            await sink.write([revision(number, entry) for number, entry in enumerate(batch, start=1)])
            await seen.until(ASYNCAPI, 1)
            await seen.until("open/v1/delft/weather/waste-delft/weather-station-1/agg/1d", 1)
            await seen.until("open/v1/delft/weather/waste-delft/weather-station-1/state", 1)
    (described,) = seen.bodies(ASYNCAPI)
    judged = judge(described, seen.messages)
    heard = {name for name, _ in judged}
    assert heard == {channel.name for channel in CHANNELS}, "on every channel of the table something was said"
    assert [found for _, found in judged if found] == []


def judge(described: Any, messages: list[aiomqtt.Message]) -> list[tuple[str, str]]:
    """For each message its channel, and what is wrong with it: it must be one of the channel's messages."""
    patterns = {name: re.compile(pattern(channel)) for name, channel in described["channels"].items()}
    checks = {
        name: Draft7Validator(message["payload"] | {"components": described["components"]})
        for name, message in described["components"]["messages"].items()
    }
    found = []
    for message in messages:
        assert isinstance(message.payload, bytes)
        (name,) = [name for name, pattern in patterns.items() if pattern.match(message.topic.value)]
        body = msgspec.json.decode(message.payload)
        fitting = [checks[ref] for ref in described["channels"][name]["messages"]]
        if any(check.is_valid(body) for check in fitting):
            found.append((name, ""))
            continue
        least = min(([error.message[:200] for error in check.iter_errors(body)] for check in fitting), key=len)
        found.append((name, f"{message.topic.value}: {least}"))
    return found


def pattern(channel: Any) -> str:
    """A regular expression of the topics of a channel, from its address and parameters."""
    found: str = re.escape(channel["address"])
    for name, told in channel["parameters"].items():
        one = "|".join(told["enum"]) if "enum" in told else told["description"].rpartition("Pattern: ")[2].strip("^$")
        found = found.replace(re.escape(f"{{{name}}}"), f"({one})")
    return found + "$"
