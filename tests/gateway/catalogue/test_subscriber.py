"""The generated subscribers as a start-up runs them: a real Mosquitto, and bodies that the real sink publishes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.catalogue.facts import facts_of
from gateway.deploy_files import deploy_dir
from gateway.open_city import OpenCity
from pipelines.catalogue.subscribers import ENDINGS, LANGUAGES, Language, subscriber
from pipelines.model import Derived
from pipelines.open_data.channels import BY_NAME
from tests import node, servers
from tests.gateway.sinks.entries import T0, S, accepted, observed, revision
from tests.gateway.sinks.open_topics.test_sink import open_topics, opened
from tests.gateway.startups.open_broker import open_broker
from tests.open_cities import city_of, device

CITY = city_of([device("waste-container/B7"), device("waste-container/B8", number=8)])
WITHIN_S = 20.0


in_each_language = pytest.mark.parametrize("language", LANGUAGES)


class Program:
    """A generated program, running."""

    def __init__(
        self, folder: Path, channel: str, language: Language, *, broker: str, login: dict[str, str] | None = None
    ) -> None:
        file = folder / f"bins{ENDINGS[language]}"
        file.write_text(subscriber(facts_of(CITY, "waste-delft"), BY_NAME[channel], language))
        if language == "javascript":
            node.give(folder)
        command = sys.executable if language == "python" else servers.program("node")
        environment = os.environ | {"CITYGATE_BROKER": broker, "PYTHONUNBUFFERED": "1"} | (login or {})
        self.output = file.with_suffix(".out")
        with self.output.open("w") as out:
            self.process = subprocess.Popen([command, str(file)], stdout=out, stderr=out, env=environment)

    def says(self, words: str) -> bool:
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if words in self.output.read_text():
                return True
            time.sleep(0.05)
        return words in self.output.read_text()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)


SAYS: Mapping[Language, tuple[str, str, str]] = {
    "python": (
        "b7 {'fillingLevel': '0.55 C62', 'batteryV': '3.6 VLT'}",
        "b7 {'fillingLevel': '0.6 C62', 'batteryV': '3.6 VLT'}",
        "b7 {'collected': 'True'",
    ),
    "javascript": (
        "b7 fillingLevel 0.55 C62, batteryV 3.6 VLT\n",
        "b7 fillingLevel 0.6 C62, batteryV 3.6 VLT\n",
        "b7 collected true",
    ),
}


@in_each_language
async def test_it_prints_the_newest_states_and_that_one_is_no_more(
    language: Language, mosquitto: servers.Server, tmp_path: Path
) -> None:
    cities = [CITY]
    sink = open_topics(tmp_path / "open.sqlite", mosquitto.port, coalesce_s=0, city_now=lambda: cities[-1])
    first, second, _ = SAYS[language]
    async with opened(sink, running=False):
        await sink.write(
            [revision(1, accepted(observed(55.0, name="fill_level_percent"), observed(3.6, name="battery_v")))]
        )
        program = Program(tmp_path, "state", language, broker=f"mqtt://127.0.0.1:{mosquitto.port}")
        try:
            assert program.says(first), program.output.read_text()
            await sink.write([revision(2, accepted(observed(60.0, T0 + S, name="fill_level_percent")))])
            assert program.says(second), program.output.read_text()
            cities.append(city_of([device("waste-container/B8", number=8)]))
            await sink.tend()
            assert program.says("b7 is no more"), program.output.read_text()
            assert "Traceback" not in program.output.read_text()
        finally:
            program.end()


@in_each_language
async def test_events_are_printed_as_they_happen(language: Language, mosquitto: servers.Server, tmp_path: Path) -> None:
    sink = open_topics(tmp_path / "open.sqlite", mosquitto.port, city_now=lambda: CITY)
    words = SAYS[language][2]
    async with opened(sink, running=False):
        program = Program(tmp_path, "event", language, broker=f"mqtt://127.0.0.1:{mosquitto.port}")
        try:
            emptied = observed(True, name="collected")
            deadline, number = time.monotonic() + WITHIN_S, 0
            while words not in program.output.read_text() and time.monotonic() < deadline:
                number += 1  # nothing is kept for a subscriber that is not there yet
                await sink.write(
                    [revision(number, Derived("waste-container", number, "waste-delft", "delft", (emptied,)))]
                )
                time.sleep(0.1)  # noqa: ASYNC251 - a program of its own is waited for
            assert program.says(words), program.output.read_text()
        finally:
            program.end()


@in_each_language
def test_over_tls_it_comes_in_with_its_key_and_with_no_other(language: Language, tmp_path: Path) -> None:
    body = b'{"id": "urn:x", "type": "WasteContainer", "fillingLevel": {"value": 0.4, "quality": "ok"}}'
    with open_broker() as city:
        password = city.add("acme", "startup", "waste-delft")
        with city.connect("auditor", "audit") as auditor:
            auditor.publish("open/v1/delft/waste/waste-delft/b7/state", body, retain=True)
        broker = f"mqtts://127.0.0.1:{city.tls_port}"
        login = {"CITYGATE_USER": "acme", "CITYGATE_CA": str(city.broker / "tls" / "ca.crt")}
        for key, words in (("guessed", "The broker says: "), (password, "b7 ")):
            program = Program(tmp_path, "state", language, broker=broker, login=login | {"CITYGATE_PASSWORD": key})
            try:
                assert program.says(words), program.output.read_text()
                assert ("0.4" in program.output.read_text()) == (key == password)
            finally:
                program.end()


@in_each_language
def test_the_short_samples_come_in_over_tls_too(language: Language, tmp_path: Path) -> None:
    file = shutil.copy(deploy_dir() / "samples" / f"subscriber{ENDINGS[language]}", tmp_path)
    if language == "javascript":
        node.give(tmp_path)
    command = sys.executable if language == "python" else servers.program("node")
    with open_broker() as city:
        password = city.add("acme", "startup", "parking-delft")
        with city.connect("auditor", "audit") as auditor:
            body = b'{"id": "urn:x", "type": "ParkingSpot", "status": {"value": "free", "quality": "ok"}}'
            auditor.publish("open/v1/delft/parking/parking-delft/a1/state", body, retain=True)
        ca = str(city.broker / "tls" / "ca.crt")
        words = [command, file, f"mqtts://acme:{password}@127.0.0.1:{city.tls_port}", "open/v1/delft/#", ca]
        environment = os.environ | {"NODE_EXTRA_CA_CERTS": ca}
        with subprocess.Popen(["timeout", "10", *words], stdout=subprocess.PIPE, text=True, env=environment) as sample:
            assert sample.stdout is not None
            said = sample.stdout.readline()
            sample.terminate()
    assert said == "1 of 1 bays free\n"


def test_a_city_without_devices_still_writes_its_program() -> None:
    empty = OpenCity(CITY.files.__class__((), CITY.files.pilots))
    assert "class WasteContainer(Entity" in subscriber(facts_of(empty, "waste-delft"), BY_NAME["state"], "python")
