"""Alarms out of the ledger and out of conditions, told, remembered, and whatever fails on the way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from device_profiles.catalogue import Catalogue
from gateway.alarms.alarm import Key
from gateway.alarms.memory_file import FILE, recall_beside
from gateway.alarms.notice import Notice
from gateway.alarms.post import Post
from gateway.alarms.settings import AlarmsTable, Route
from gateway.alarms.sink import AlarmsSink
from gateway.alarms.telling import Telling
from gateway.events import Events
from gateway.files.load import Files
from gateway.health.condition import Condition
from gateway.health.incidents import Incident
from gateway.knowledge import Known
from gateway.outage import Pauses
from gateway.sinks import SinkUnavailableError, TendedSink
from pipelines.identify import DeviceIndex
from pipelines.model import NS_PER_S, Accepted, Derived, Device, Observation, Quality, Revision, Value
from pipelines.process import Knowledge
from tests.gateway.road import NOW_NS, SetClock, until

BIN, WATER, LORA = "waste-container/B-7", "water-level/w", "lora-gateway/g"
DEVICES = (
    Device("d1", "p", "pilot", "delft", BIN, name="bin Oude Delft 7"),
    Device("d2", "p", "pilot", "delft", WATER),
    Device("d3", "p", "pilot", "delft", LORA),
)
KNOWN = Known(Files(DEVICES, {}), Catalogue.load(), Knowledge({}, DeviceIndex(DEVICES), {}), {})
QUICK = Pauses(first_s=0.01, longest_s=0.02, mend_s=0.01)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditions and due times are looked at often: nobody waits for a second to pass."""
    monkeypatch.setattr("gateway.alarms.sink.TICK_S", 0.02)
    monkeypatch.setattr("gateway.alarms.post.LOOK_EVERY_S", 0.02)


class Ear:
    """A transport that keeps what it is told. ``fault``: raised instead; ``gate``: waited for before it answers."""

    address = "ear"

    def __init__(self) -> None:
        self.heard: list[Notice] = []
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.tries = 0

    async def send(self, notice: Notice) -> str:
        self.tries += 1
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.heard.append(notice)
        return ""

    async def probe(self) -> None:
        if self.fault is not None:
            raise self.fault

    def words(self) -> list[list[tuple[str, str]]]:
        return [[(line.word, line.kind) for line in notice.lines] for notice in self.heard]


class World:
    """A sink with one route, or two, into ears; the test says what is wrong."""

    def __init__(self, folder: Path, *names: str, wall_ns: int = NOW_NS, **table: Any) -> None:
        self.clock = SetClock(wall_ns)
        self.events = Events(self.clock)
        self.wrong: list[Condition] = []
        self.known = KNOWN
        self.reported: list[Incident] = []
        self.ears = {name: Ear() for name in names or ("desk",)}
        self.table = AlarmsTable.model_validate({"gather_s": 0, "window_min": 0} | table)
        self.sink = AlarmsSink(
            "alarms",
            folder / FILE,
            self._posts,
            known=lambda: self.known,
            conditions=self._conditions,
            report=lambda one: self.reported.append(one),  # noqa: PLW0108 - the list is another each second
            events=self.events,
            clock=self.clock,
        )

    def _posts(self, sink: AlarmsSink) -> Sequence[Post]:
        return [
            Post(
                Telling(name, Route(), self.table, sink.book, gateway="gw", city="delft"),
                ear,
                now_ns=sink.now_ns,
                keep=sink.keep,
                events=self.events,
                clock=self.clock,
                pauses=QUICK,
            )
            for name, ear in self.ears.items()
        ]

    def _conditions(self) -> list[Condition]:
        """What is wrong, and what was reported in this turn."""
        reported, self.reported = self.reported, []
        return [
            *self.wrong,
            *(Condition(one.kind, one.subject, one.severity, one.what, one.mend, NOW_NS) for one in reported),
        ]

    @property
    def ear(self) -> Ear:
        return self.ears["desk"]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["World"]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.sink.run(), name="alarms")
            try:
                yield self
            finally:
                task.cancel()
        await self.sink.close()

    async def say(self, *observations: Observation, derived: bool = True) -> None:
        entry: Derived | Accepted = Derived("machine", 1, "pilot", "delft", observations)
        if not derived:
            entry = Accepted(1, "d1", "pilot", "delft", BIN, NOW_NS, NOW_NS, observations)
        await self.sink.write([Revision(1, entry)])

    async def heard(self, count: int, ear: str = "desk") -> None:
        await until(lambda: len(self.ears[ear].heard) >= count)


def seen(name: str, value: Value, at_s: float = 0, *, feature: str = BIN, quality: Quality = "ok") -> Observation:
    return Observation(feature, name, value, NOW_NS + int(at_s * NS_PER_S), quality=quality)


def stalled(severity: Any = "critical") -> Condition:
    return Condition("sink-stalled", "influx", severity, "influx takes nothing", "Start it.", NOW_NS)


async def test_a_fire_is_told_with_the_name_of_its_bin_and_cleared(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        assert isinstance(world.sink, TendedSink)
        await world.say(seen("fire_alarm", True))
        await world.heard(1)
        await world.say(seen("fire_alarm", False, 60))
        await world.heard(2)
    assert world.ear.words() == [[("raised", "fire-alarm")], [("cleared", "fire-alarm")]]
    assert world.ear.heard[0].lines[0].subjects == (f"bin Oude Delft 7 ({BIN})",)
    assert world.ear.heard[0].severity == "critical"


async def test_a_flood_gets_worse_and_ends(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        for number, state in enumerate(("alert", "danger", "alert", "normal")):
            await world.say(seen("flood_state", state, number * 60, feature=WATER))
            await world.heard(number + 1)
    told = [(line.word, line.severity) for notice in world.ear.heard for line in notice.lines]
    assert told == [("raised", "warning"), ("raised", "critical"), ("raised", "warning"), ("cleared", "warning")]


async def test_an_overfull_bin_is_an_alarm_until_it_is_well_below(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        for number, percent in enumerate((97.0, 98.0, 99.0, 95.0, 91.0, 89.0)):
            await world.say(seen("fill_level_percent", percent, number), derived=False)
            await asyncio.sleep(0.02)
        await world.heard(2)
    assert world.ear.words() == [[("raised", "overflow")], [("cleared", "overflow")]]


async def test_what_is_doubtful_or_suppressed_raises_nothing_and_what_is_retracted_is_undone(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        for quality in ("suspect", "missing", "suppressed"):
            await world.say(seen("leak", True, quality=quality), derived=False)
        assert world.sink.book.raised() == []
        await world.say(seen("leak", True), derived=False)
        await world.heard(1)
        await world.say(seen("leak", True, quality="retracted"), derived=False)
        await world.heard(2)
    assert world.ear.words() == [[("raised", "leak")], [("cleared", "leak")]]


async def test_a_dead_lora_gateway_speaks_for_its_devices(tmp_path: Path) -> None:
    async with World(tmp_path, gather_s=0.2).running() as world:
        await world.say(
            seen("gateway_offline", True, feature=LORA),
            seen("devices_behind_names", f"{BIN}, {WATER}", feature=LORA),
        )
        await world.say(seen("silent", True), seen("silent", True, feature=WATER))
        world.clock.advance(1)
        await world.heard(1)
        await asyncio.sleep(0.1)
    assert world.ear.words() == [[("raised", "gateway-offline")]]
    assert world.ear.heard[0].lines[0].explains_count == 2


async def test_a_condition_is_told_and_cleared(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        world.wrong = [stalled()]
        await world.heard(1)
        world.wrong = []
        await world.heard(2)
    assert world.ear.words() == [[("raised", "sink-stalled")], [("cleared", "sink-stalled")]]


async def test_after_a_restart_nothing_is_told_twice_and_a_condition_has_a_minute_to_show_again(
    tmp_path: Path,
) -> None:
    async with World(tmp_path).running() as world:
        world.wrong = [stalled()]
        await world.say(seen("fire_alarm", True))
        await until(lambda: sum(notice.count("raised") for notice in world.ear.heard) == 2)
    async with World(tmp_path).running() as again:
        await again.say(seen("fire_alarm", True))  # deliver repeats after a crash
        await asyncio.sleep(0.2)
        assert again.ear.heard == []
        again.clock.advance(61)
        await again.heard(1)
        await again.say(seen("fire_alarm", False, 90))
        await again.heard(2)
    assert again.ear.words() == [[("cleared", "sink-stalled")], [("cleared", "fire-alarm")]]


async def test_kill_nine_between_sending_and_noting_tells_again_under_the_same_id(tmp_path: Path) -> None:
    class DiesOnceItIsSent(World):
        async def die(self) -> None:
            async def keep(_telling: Telling, notice: Notice | None) -> None:
                if notice is None:
                    await self.sink.keep(_telling, None)  # what left is on the disk; that it arrived never gets there

            self.sink.posts[0]._keep = keep

    world = DiesOnceItIsSent(tmp_path)
    await world.die()
    await world.say(seen("fire_alarm", True))
    assert await world.sink.posts[0].tell()
    again = World(tmp_path)
    async with again.running():
        await again.heard(1)
    first, second = world.ear.heard[0], again.ear.heard[0]
    assert (second.id, first.again, second.again) == (first.id, False, True)
    await world.sink.close()


async def test_a_route_that_is_down_holds_up_neither_the_ledger_nor_its_neighbour_and_is_an_alarm_itself(
    tmp_path: Path,
) -> None:
    async with World(tmp_path, "desk", "night").running() as world:
        world.ears["night"].fault = SinkUnavailableError("the mail server is dead")
        await world.say(seen("fire_alarm", True))
        await world.heard(1)
        await until(lambda: world.ears["night"].tries > 3)
        world.clock.advance(61)
        await world.heard(2)
        assert world.ear.words()[1] == [("raised", "alarm-route")]
        assert "the mail server is dead" in world.ear.heard[1].lines[0].what
        world.ears["night"].fault = None
        await world.heard(1, "night")
        await world.heard(3)
    assert world.ears["night"].words() == [[("raised", "fire-alarm")]]
    assert world.ear.words()[2] == [("cleared", "alarm-route")]


async def test_a_route_that_hangs_is_given_up_and_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.alarms.post.SEND_WITHIN_S", 0.1)
    async with World(tmp_path).running() as world:
        world.ear.gate.clear()
        await world.say(seen("fire_alarm", True))
        await until(lambda: world.ear.tries >= 2)
        assert "longer than" in world.sink.posts[0].outage.why
        world.ear.gate.set()
        await world.heard(1)
    assert world.ear.heard[0].again


async def test_what_is_raised_while_a_message_is_on_its_way_is_told_by_the_next(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        world.ear.gate.clear()
        await world.say(seen("fire_alarm", True))
        await until(lambda: world.ear.tries == 1)
        await world.say(seen("fire_alarm", False, 1), seen("leak", True, 1))
        world.ear.gate.set()
        await world.heard(2)
    assert world.ear.words() == [[("raised", "fire-alarm")], [("raised", "leak"), ("cleared", "fire-alarm")]] or (
        world.ear.words() == [[("raised", "fire-alarm")], [("cleared", "fire-alarm"), ("raised", "leak")]]
    )


async def test_a_disk_that_is_full_keeps_nobody_from_being_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    (tmp_path / FILE).mkdir()
    with pytest.raises(SinkUnavailableError, match=FILE):
        await world.say(seen("fire_alarm", True))
    async with world.running():
        world.wrong = [stalled()]
        await world.heard(1)
        (tmp_path / FILE).rmdir()
        await until(lambda: world.sink._memory is not None)
        await world.say(seen("fire_alarm", True))
        await world.heard(2)
    assert world.ear.words() == [[("raised", "sink-stalled")], [("raised", "fire-alarm")]]
    standings, routes = recall_beside(tmp_path / FILE)
    assert {one.alarm.kind for one in standings} == {"sink-stalled", "fire-alarm"}
    assert {key.kind for key in routes["desk"][0]} == {"fire-alarm", "sink-stalled"}


async def test_the_wall_clock_may_jump(tmp_path: Path) -> None:
    async with World(tmp_path, window_min=5).running() as world:
        await world.say(seen("leak", True))
        await world.heard(1)
        world.clock.now_ns += 400 * 86_400 * NS_PER_S
        await world.say(seen("silent", True, 5))
        await asyncio.sleep(0.1)
        assert len(world.ear.heard) == 1  # a jump forward opens no window
        world.clock.now_ns -= 800 * 86_400 * NS_PER_S
        world.clock.since_boot_ns += 301 * NS_PER_S
        await world.heard(2)


async def test_a_clock_that_is_set_later_opens_no_window_and_dates_messages(tmp_path: Path) -> None:
    world = World(tmp_path, window_min=5)
    world.clock.now_ns = 3 * NS_PER_S
    async with world.running():
        world.wrong = [stalled()]
        await world.heard(1)
        world.clock.now_ns = NOW_NS
        await world.say(seen("leak", True))
        world.clock.since_boot_ns += 301 * NS_PER_S
        await world.heard(2)
    assert [notice.sent[:4] for notice in world.ear.heard] == ["1970", "2026"]


async def test_a_condition_of_which_nobody_was_told_is_seen_again_before_it_is_told(tmp_path: Path) -> None:
    async with World(tmp_path, gather_s=30).running() as world:
        world.wrong = [stalled()]
        await until(lambda: world.sink._memory is not None and recall_beside(tmp_path / FILE)[0])
    again = World(tmp_path)
    async with again.running():
        await asyncio.sleep(0.1)
        assert again.ear.heard == []
        again.wrong = [stalled()]
        await again.heard(1)


async def test_after_a_boot_with_an_earlier_time_a_condition_that_comes_back_is_told(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        for stands in (True, False):
            world.wrong = [stalled()] if stands else []
            await until(lambda: world.ear.tries == 1 + (not world.wrong))
    without_battery_ns = NOW_NS - 50 * 86_400 * NS_PER_S
    async with World(tmp_path, wall_ns=without_battery_ns).running() as again:
        again.wrong = [stalled()]
        await again.heard(1)
        again.wrong = []
        await again.heard(2)
    assert again.ear.words() == [[("raised", "sink-stalled")], [("cleared", "sink-stalled")]]


async def test_a_device_that_the_files_no_longer_name_has_no_alarm(tmp_path: Path) -> None:
    async with World(tmp_path).running() as world:
        await world.say(seen("fire_alarm", True))
        await world.heard(1)
        world.known = msgspec.structs.replace(KNOWN, files=Files((), {}))
        world.sink._drop_strangers(world.sink.now_ns())
        await world.heard(2)
    assert world.ear.words()[1] == [("cleared", "fire-alarm")]


async def test_ten_thousand_alarms_at_once_are_one_message_and_are_remembered(tmp_path: Path) -> None:
    async with World(tmp_path, gather_s=1).running() as world:
        await world.say(*(seen("silent", True, feature=f"tree/{number}") for number in range(10_000)))
        world.clock.advance(2)
        await world.heard(1)
    assert [line.count for line in world.ear.heard[0].lines] == [10_000]
    standings, routes = recall_beside(tmp_path / FILE)
    assert (len(standings), len(routes["desk"][0])) == (10_000, 10_000)
    again = World(tmp_path)
    await again.sink.start()
    assert len(again.sink.book.raised()) == 10_000
    assert again.sink.posts[0].telling.due_ns(again.sink.now_ns()) is None
    await again.sink.close()


async def test_what_is_over_for_a_day_is_forgotten_on_the_disk_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.say(seen("leak", True))
    await world.say(seen("leak", False, 1))
    await until(lambda: recall_beside(tmp_path / FILE)[0])
    world.clock.advance(25 * 3_600)
    await world.sink._tick(tend=True)
    await world.sink.close()
    assert recall_beside(tmp_path / FILE)[0] == []


def test_a_key_is_written_and_read(tmp_path: Path) -> None:
    del tmp_path
    wanted: Callable[..., Key] = Key
    assert wanted("a", "", "b/c") == Key(*["a", "", "b/c"])
