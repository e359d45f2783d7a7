"""The fourth loop over a real ledger: what is derived, and that a kill anywhere neither loses nor doubles a word."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway.analytics import Analytics
from gateway.analytics_snapshot import FILE, load_snapshot, position_in
from gateway.derived import PART
from gateway.events import Events
from gateway.journal.log import Log
from gateway.journal.options import LogOptions
from gateway.ledger_tail import LedgerTail
from gateway.progress import KIND_CORRECTION, KIND_FIRST, read_ledger
from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.lora_gateways.gateway import LoraGateway
from pipelines.domains.words import Identity, identity_of
from pipelines.model import NS_PER_S, Accepted, Derived, LedgerEntry, Link, Observation, Reception, Tick
from tests.gateway.road import NOW_NS, SetClock, until
from tests.pipelines.domains import contract
from tests.pipelines.domains.contract import END_NS, START_NS, Final
from tests.pipelines.domains.toy import TOY, Toy

SITE = Site(
    "pilot", "mechelen", ZoneInfo("Europe/Brussels"), {"parking-spot/one": Place("a"), "parking-spot/two": Place("b")}
)
MINUTE_NS = 60 * NS_PER_S
encode = msgspec.msgpack.Encoder().encode


def accepted(of: int, minute: int, *, value: bool = True, local: str = "one", quality: Any = "ok") -> Accepted:
    time_ns, feature = START_NS + minute * MINUTE_NS, f"parking-spot/{local}"
    observation = Observation(feature, "occupied", value, time_ns, quality=quality)
    return Accepted(of, f"box-{local}", "pilot", "mechelen", feature, time_ns, time_ns + NS_PER_S, (observation,))


class Desk:
    """A ledger with analytics over it. ``crash`` is kill -9."""

    def __init__(self, folder: Path, machines: Sequence[Any] = (TOY,), sites: Any = None) -> None:
        self.events = Events()
        options = LogOptions(ballast_bytes=0, readable="written")
        floor = position_in(folder / FILE)
        self.ledger = Log.open(folder / "ledger", name="ledger", options=options, floor=floor)
        self.clock = SetClock()
        self.tail = LedgerTail(self.ledger, self.events.counts)
        self.present = True
        self.analytics = Analytics(
            self.tail,
            sites or {"pilot": SITE},
            machines,
            folder=folder,
            clock=self.clock,
            events=self.events,
            is_present=lambda: self.present,
        )

    def ticks(self) -> list[Tick]:
        """The Ticks that stand in the ledger."""
        found = [read_ledger(entry.payload) for entry in self.ledger.read(1)]
        return [entry for entry in found if isinstance(entry, Tick)]

    async def append(self, *entries: LedgerEntry, kind: int = KIND_FIRST) -> None:
        self.ledger.append([encode(entry) for entry in entries], kind)
        await self.ledger.commit(sync=False)

    async def derive(self) -> None:
        await self.analytics.open()
        await self.analytics.catch_up()

    def derived(self) -> list[tuple[int, Derived]]:
        """(kind, entry) of every Derived in the ledger."""
        found = []
        number = self.ledger.oldest_number
        while entries := self.ledger.read(number, max_entries=1_000):
            for entry in entries:
                item = read_ledger(entry.payload)
                if isinstance(item, Derived):
                    found.append((entry.kind, item))
            number = entries[-1].number + 1
        return found

    def told(self) -> list[Observation]:
        return [one for _kind, entry in self.derived() for one in entry.observations]

    def final(self) -> Final:
        last: dict[Identity, Observation] = {identity_of(one): one for one in self.told()}
        return contract.final(last.values())

    def crash(self) -> None:
        self.ledger.abandon()


def readings_in(entries: Sequence[Accepted]) -> list[Reading]:
    return [
        Reading(one.time_ns, entry.device, one.feature, one.property, one.value, one.quality)
        for entry in entries
        for one in entry.observations
    ]


async def test_derives_with_producer_pilot_city_and_how_far_it_read(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.append(accepted(1, 0), accepted(2, 1, value=False), Tick(START_NS + HOUR_NS, "trusted"))
    await desk.derive()
    (kind, entry), *more = desk.derived()
    assert (entry.producer, entry.upto, entry.pilot, entry.city) == ("toy", 3, "pilot", "mechelen")
    assert (kind, more) == (KIND_FIRST, [])
    assert {one.property for one in entry.observations} == {
        "collected",
        "vehicle_count_interval",
        "people_count_interval",
    }
    desk.crash()


async def test_never_reads_its_own_output(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.append(accepted(1, 0))
    await desk.derive()
    await desk.derive()
    assert len(desk.derived()) == 1
    assert desk.analytics.lag == 0
    desk.crash()


async def test_what_changes_or_vanishes_is_written_as_a_correction(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.append(accepted(1, 0), accepted(2, 20))
    await desk.derive()
    await desk.append(accepted(1, 0, quality="retracted"), kind=KIND_CORRECTION)
    await desk.derive()
    kind, entry = desk.derived()[-1]
    assert kind == KIND_CORRECTION
    assert ("collected", "retracted") in {(one.property, one.quality) for one in entry.observations}
    assert desk.final() == contract.in_order(TOY, SITE, readings_in([accepted(2, 20)]), START_NS + 15 * MINUTE_NS)
    desk.crash()


async def test_a_large_statement_is_cut_and_only_its_last_part_says_how_far_it_reads(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    entries = [accepted(of, of, value=of % 2 == 0) for of in range(1, 2_200)]
    await desk.append(accepted(1, 0))
    await desk.derive()
    before = desk.analytics.position
    desk.analytics.pilots["pilot"].take(entries[0])
    for entry in entries:
        desk.analytics.pilots["pilot"].take(entry)
    await desk.append(accepted(9_999, 2_300))
    await desk.derive()
    parts = [entry for _kind, entry in desk.derived()[1:]]
    assert max(len(entry.observations) for entry in parts) == PART
    assert {entry.upto for entry in parts[:-1]} == {before}
    assert parts[-1].upto == desk.ledger.next_number - 1 - len(parts)
    desk.crash()


@pytest.mark.parametrize("seed", range(6))
async def test_killed_anywhere_the_last_words_are_those_of_one_run_in_order(tmp_path: Path, seed: int) -> None:
    """Torn off before or after commits and snapshots, with the snapshot kept, older, torn or lost."""
    rng = random.Random(seed)
    taken: list[Accepted] = []
    of = 0
    ticked_ns = START_NS
    for _life in range(8):
        desk = Desk(tmp_path)
        lost = _unwritten(desk, taken)
        assert lost == 0
        for _ in range(rng.randint(1, 6)):
            entries: list[LedgerEntry] = []
            for _ in range(rng.randint(1, 150)):
                of += 1
                minute = min(2_300, max(0, of // 2 - rng.choice([0, 0, 0, 0, 5, 200])))
                entries.append(accepted(of, minute, value=rng.random() < 0.5, local=rng.choice(["one", "two"])))
                if rng.random() < 0.05:
                    ticked_ns = max(ticked_ns, START_NS + of // 2 * MINUTE_NS + rng.randint(-2, 30) * MINUTE_NS)
                    entries.append(Tick(ticked_ns, "trusted"))
            taken += [entry for entry in entries if isinstance(entry, Accepted)]
            await desk.append(*entries)
            await desk.analytics.open()
            for _ in range(rng.randint(0, 4)):
                await desk.analytics.take_some()
            if rng.random() < 0.3:
                await desk.analytics.save()
        match rng.randint(0, 5):
            case 0:
                (tmp_path / FILE).unlink(missing_ok=True)
            case 1 if (tmp_path / FILE).exists():
                (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:-3])
        await desk.ledger.commit(sync=False)
        desk.crash()
    desk = Desk(tmp_path)
    newest_ns = max(entry.time_ns for entry in taken)
    await desk.append(Tick(newest_ns, "trusted"), Tick(END_NS + 120 * NS_PER_S, "trusted"))
    await desk.derive()
    assert desk.final() == contract.in_order(TOY, SITE, readings_in(taken), END_NS)
    desk.crash()


def _unwritten(desk: Desk, taken: Sequence[Accepted]) -> int:
    """How many of the accepted entries a kill took; they were committed, so none."""
    number, found = desk.ledger.oldest_number, 0
    while entries := desk.ledger.read(number, max_entries=1_000):
        found += sum(isinstance(read_ledger(entry.payload), Accepted) for entry in entries)
        number = entries[-1].number + 1
    return len(taken) - found


@pytest.mark.parametrize("snapshot", ["kept", "lost", "torn"])
async def test_nothing_is_told_twice_after_a_kill(tmp_path: Path, snapshot: str) -> None:
    desk = Desk(tmp_path)
    await desk.append(*(accepted(of, of, value=of % 2 == 0) for of in range(1, 300)))
    await desk.derive()
    await desk.analytics.save()
    await desk.append(*(accepted(of, of, value=of % 2 == 0) for of in range(300, 700)))
    await desk.derive()
    told = len(desk.told())
    desk.crash()
    if snapshot == "torn":
        (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:-3])
    elif snapshot == "lost":
        (tmp_path / FILE).unlink()
    desk = Desk(tmp_path)
    await desk.derive()
    assert len(desk.told()) == told
    await desk.append(accepted(700, 700), Tick(START_NS + 720 * MINUTE_NS, "trusted"))
    await desk.derive()
    assert len(desk.told()) > told
    words = [(identity_of(one), one.value, one.quality) for one in desk.told()]
    assert len(words) == len(set(words))
    desk.crash()


async def test_derived_words_that_a_kill_took_are_told_after_the_next_start(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.append(*(accepted(of, of, value=of % 2 == 0) for of in range(1, 100)))
    await desk.analytics.open()
    stretch = await desk.tail.read(1, 500)
    assert stretch is not None
    desk.analytics._feed(desk.analytics.pilots, stretch.revisions, [TOY])
    desk.crash()  # taken in and settled, not told
    desk = Desk(tmp_path)
    await desk.derive()
    assert len(desk.told()) > 40
    desk.crash()


async def test_a_machine_of_a_new_version_works_out_the_past_and_tells_it_as_corrections(tmp_path: Path) -> None:
    class Newer(Toy):
        version = 2

    desk = Desk(tmp_path)
    await desk.append(*(accepted(of, of, value=of % 2 == 0) for of in range(1, 500)))
    await desk.derive()
    await desk.analytics.save()
    told = len(desk.derived())
    desk.crash()

    desk = Desk(tmp_path, [Newer()])
    await desk.analytics.open()
    await desk.analytics.catch_up()
    await desk.analytics._rebuild_stale()
    again = desk.derived()[told:]
    assert {kind for kind, _entry in again} == {KIND_CORRECTION}
    assert desk.events.counts["AnalyticsRebuilt"] == 1
    await desk.append(accepted(500, 501), Tick(START_NS + 600 * MINUTE_NS, "trusted"))
    await desk.derive()
    entries = [accepted(of, of, value=of % 2 == 0) for of in range(1, 500)]
    expected = contract.in_order(TOY, SITE, readings_in([*entries, accepted(500, 501)]), START_NS + 598 * MINUTE_NS)
    assert desk.final() == expected
    await desk.analytics.save()
    snapshot = load_snapshot(tmp_path / FILE)
    assert snapshot is not None
    assert snapshot.head.machines == {"toy": 2}
    desk.crash()


async def test_a_machine_that_is_new_learns_what_the_ledger_holds(tmp_path: Path) -> None:
    class Other(Toy):
        producer = "other"

    desk = Desk(tmp_path)
    await desk.append(*(accepted(of, of) for of in range(1, 50)))
    await desk.derive()
    await desk.analytics.save()
    desk.crash()
    desk = Desk(tmp_path, [TOY, Other()])
    async with asyncio.TaskGroup() as group:
        run = group.create_task(desk.analytics.run())
        await until(lambda: desk.events.counts["AnalyticsRebuilt"] > 0)
        run.cancel()
    told: dict[str, set[Identity]] = {"toy": set(), "other": set()}
    for _kind, entry in desk.derived():
        told[entry.producer] |= {identity_of(one) for one in entry.observations}
    assert told["toy"] == told["other"]
    assert set(desk.analytics.facts()["producers"]) == {"toy", "other"}  # type: ignore[call-overload]
    desk.crash()


async def test_ticks_are_written_with_the_quality_of_the_clock(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.analytics.tick()
    desk.clock.now_ns = 1_000
    await desk.analytics.tick()
    assert desk.ticks() == [Tick(NOW_NS, "trusted"), Tick(1_000, "unset")]
    desk.crash()


async def test_no_time_is_told_while_the_ledger_is_not_at_the_present(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.analytics.TICK_EVERY_S", 0.02)
    desk = Desk(tmp_path)
    desk.present = False
    async with asyncio.TaskGroup() as group:
        run = group.create_task(desk.analytics.run())
        await asyncio.sleep(0.3)
        assert desk.ticks() == []
        desk.present = True
        await until(lambda: len(desk.ticks()) > 1)
        run.cancel()
    desk.crash()


async def test_an_entry_of_a_pilot_that_the_files_no_longer_name_is_passed_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.append(msgspec.structs.replace(accepted(1, 0), pilot="gone"), accepted(2, 1))
    await desk.derive()
    assert set(desk.analytics.pilots) == {"pilot"}
    desk.analytics.sites = {}
    await desk.append(accepted(3, 2))
    await desk.derive()
    assert desk.analytics.pilots == {}
    assert desk.analytics.lag == 0
    desk.crash()


async def test_what_a_device_said_for_another_pilot_is_taken_back_there(tmp_path: Path) -> None:
    sites = {"pilot": SITE, "second": msgspec.structs.replace(SITE, pilot="second")}
    desk = Desk(tmp_path, sites=sites)
    await desk.append(accepted(1, 0))
    await desk.derive()
    moved = msgspec.structs.replace(accepted(1, 0), pilot="second", feature="parking-spot/two")
    own = Observation("parking-spot/two", "occupied", True, START_NS)
    back = msgspec.structs.replace(moved.observations[0], quality="retracted")
    await desk.append(msgspec.structs.replace(moved, observations=(own, back)), kind=KIND_CORRECTION)
    await desk.derive()
    collected = {(e.pilot, one.feature, one.quality) for _k, e in desk.derived() for one in e.observations}
    assert ("pilot", "parking-spot/one", "retracted") in collected
    assert ("second", "parking-spot/two", "ok") in collected
    desk.crash()


async def test_expired_entries_are_passed_over_and_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.append(accepted(1, 0))
    await desk.derive()
    await desk.analytics.save()
    desk.crash()
    for file in (tmp_path / "ledger").glob("*.seg*"):
        file.unlink()
    desk = Desk(tmp_path)
    await desk.analytics.open()
    assert desk.ledger.next_number > 1
    await desk.append(accepted(2, 1, value=False))
    await desk.derive()
    assert desk.analytics.lag == 0
    assert desk.told()
    desk.crash()


async def test_radio_facts_and_being_heard_are_readings_too(tmp_path: Path) -> None:
    seen: list[Reading] = []

    class Listening(Toy):
        properties = frozenset({"heard", "f_cnt", "link"})

        def key(self, reading: Reading, site: Site) -> str | None:  # noqa: ARG002 - the seam
            seen.append(reading)
            return None

    desk = Desk(tmp_path, [Listening()])
    link = Link(7, 1, (Reception("gw-a", -100.0, 5.0), Reception("gw-b", -90.0, float("nan"))))
    await desk.append(msgspec.structs.replace(accepted(1, 0), link=link))
    await desk.derive()
    assert {one.property: one.value for one in seen} == {
        "heard": True,
        "f_cnt": 7.0,
        "link": "7 2 -90.0 -",
    }
    desk.crash()


async def test_a_reading_from_ahead_of_time_is_left_out_and_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    ahead = accepted(1, 600)
    await desk.append(msgspec.structs.replace(ahead, received_ns=START_NS))
    await desk.derive()
    assert desk.told() == []
    assert desk.analytics.facts()["ahead"] == 2
    desk.crash()


async def test_memory_is_shared_by_what_each_machine_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Small(Toy):
        producer = "small"
        properties = frozenset({"battery_v"})

    monkeypatch.setattr("gateway.analytics.REMEMBERED_BYTES", 20_000)
    monkeypatch.setattr("gateway.analytics.SHARED_EVERY", 1)
    desk = Desk(tmp_path, [TOY, Small()])
    await desk.append(*(accepted(of, of, value=of % 2 == 0) for of in range(1, 2_000)))
    await desk.derive()
    runner = desk.analytics.pilots["pilot"].runners["toy"]
    assert runner.counts["shortened"] > 0
    assert 10_000 < runner.remembered_bytes < 30_000
    assert desk.analytics.facts()["producers"]["toy"]["shortened"] > 0  # type: ignore[index]
    desk.crash()


async def test_what_a_lora_gateway_relayed_of_other_pilots_reaches_its_own(tmp_path: Path) -> None:
    """A LoRa gateway of one pilot hears a bay of another; when it dies, its alarm names the bay."""
    feature, eui = "lora-gateway/town-hall", "0016c001f153a14c"
    network = Site("network", "mechelen", ZoneInfo("Europe/Brussels"), lora_gateways={eui: feature})
    desk = Desk(tmp_path, [LoraGateway()], {"pilot": SITE, "network": network})
    link = Link(7, 1, (Reception(eui, -90.0, 5.0),))
    for minute in range(0, 120, 5):
        time_ns = START_NS + minute * MINUTE_NS
        heard = msgspec.structs.replace(accepted(minute, minute), link=msgspec.structs.replace(link, f_cnt=minute))
        packets = Observation(feature, "rx_packets", 4.0, time_ns)
        stats = Accepted(minute + 1, eui, "network", "mechelen", feature, time_ns, time_ns, (packets,))
        await desk.append(heard, stats, Tick(time_ns + MINUTE_NS, "trusted"))
    await desk.append(Tick(START_NS + 4 * HOUR_NS, "trusted"))
    await desk.derive()
    said = {(one.property, one.value): one.time_ns - START_NS for one in desk.told()}
    died_ns = (115 + 3 * 5) * MINUTE_NS
    assert said["gateway_offline", True] == died_ns
    assert said["devices_behind_names", "parking-spot/one"] == died_ns
    assert {entry.pilot for _kind, entry in desk.derived()} == {"network"}
    desk.crash()


async def test_a_frame_that_is_taken_back_was_relayed_by_nobody(tmp_path: Path) -> None:
    feature, eui = "lora-gateway/town-hall", "0016c001f153a14c"
    network = Site("network", "mechelen", ZoneInfo("Europe/Brussels"), lora_gateways={eui: feature})
    desk = Desk(tmp_path, [LoraGateway()], {"network": network})
    link = Link(7, 1, (Reception(eui, -90.0, 5.0),))
    await desk.append(*(msgspec.structs.replace(accepted(n, n), link=link) for n in range(3)))
    await desk.derive()
    gone = msgspec.structs.replace(accepted(1, 1, quality="retracted"), link=link)
    await desk.append(gone, kind=KIND_CORRECTION)
    await desk.append(Tick(START_NS + HOUR_NS, "trusted"))
    await desk.derive()
    (runner,) = desk.analytics.pilots["network"].runners.values()
    assert (runner.counts["corrected"], runner.counts["fallen"]) == (1, 0)
    desk.crash()
