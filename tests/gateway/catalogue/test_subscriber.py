"""The generated Python subscriber as a start-up runs it: a real Mosquitto, and bodies that the real sink publishes."""

import os
import subprocess
import sys
import time
from pathlib import Path

from gateway.catalogue.facts import facts_of
from gateway.open_city import OpenCity
from pipelines.catalogue.subscribers import subscriber
from pipelines.model import Derived
from pipelines.open_data.channels import BY_NAME
from tests import servers
from tests.gateway.sinks.entries import T0, S, accepted, observed, revision
from tests.gateway.sinks.open_topics.test_sink import open_topics, opened
from tests.open_cities import city_of, device

CITY = city_of([device("waste-container/B7"), device("waste-container/B8", number=8)])
WITHIN_S = 20.0


class Program:
    """A generated program, running."""

    def __init__(self, file: Path, port: int, channel: str) -> None:
        file.write_text(subscriber(facts_of(CITY, "waste-delft"), BY_NAME[channel], "python"))
        environment = os.environ | {"CITYGATE_BROKER": f"mqtt://127.0.0.1:{port}", "PYTHONUNBUFFERED": "1"}
        self.output = file.with_suffix(".out")
        with self.output.open("w") as out:
            self.process = subprocess.Popen([sys.executable, str(file)], stdout=out, stderr=out, env=environment)

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


async def test_it_prints_the_newest_states_and_that_one_is_no_more(mosquitto: servers.Server, tmp_path: Path) -> None:
    cities = [CITY]
    sink = open_topics(tmp_path / "open.sqlite", mosquitto.port, coalesce_s=0, city_now=lambda: cities[-1])
    async with opened(sink, running=False):
        await sink.write(
            [revision(1, accepted(observed(55.0, name="fill_level_percent"), observed(3.6, name="battery_v")))]
        )
        program = Program(tmp_path / "bins.py", mosquitto.port, "state")
        try:
            assert program.says("b7 {'fillingLevel': '0.55 C62', 'batteryV': '3.6 VLT'}"), program.output.read_text()
            await sink.write([revision(2, accepted(observed(60.0, T0 + S, name="fill_level_percent")))])
            assert program.says("b7 {'fillingLevel': '0.6 C62', 'batteryV': '3.6 VLT'}"), program.output.read_text()
            cities.append(city_of([device("waste-container/B8", number=8)]))
            await sink.tend()
            assert program.says("b7 is no more"), program.output.read_text()
            assert "Traceback" not in program.output.read_text()
        finally:
            program.end()


async def test_events_are_printed_as_they_happen(mosquitto: servers.Server, tmp_path: Path) -> None:
    sink = open_topics(tmp_path / "open.sqlite", mosquitto.port, city_now=lambda: CITY)
    async with opened(sink, running=False):
        program = Program(tmp_path / "bins.py", mosquitto.port, "event")
        try:
            emptied = observed(True, name="collected")
            deadline, number = time.monotonic() + WITHIN_S, 0
            while "'collected': 'True'" not in program.output.read_text() and time.monotonic() < deadline:
                number += 1  # nothing is kept for a subscriber that is not there yet
                await sink.write(
                    [revision(number, Derived("waste-container", number, "waste-delft", "delft", (emptied,)))]
                )
                time.sleep(0.1)  # noqa: ASYNC251 - a program of its own is waited for
            assert program.says("b7 {'collected': 'True'"), program.output.read_text()
        finally:
            program.end()


def test_a_city_without_devices_still_writes_its_program() -> None:
    empty = OpenCity(CITY.files.__class__((), CITY.files.pilots))
    assert "class WasteContainer(Entity" in subscriber(facts_of(empty, "waste-delft"), BY_NAME["state"], "python")
