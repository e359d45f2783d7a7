"""P3 on the Log: one flipped bit costs at most one entry, gives no wrong value, and is always counted."""

import random
from typing import NamedTuple

import msgspec
import pytest

from gateway.journal.notices import Corrupted, Notice, Recovered
from tests.gateway.journal.city import SMALL_LAZY, body, compress, open_log, read_from_disk, segment_files
from tests.gateway.journal.disk import Disk

COUNT = 360
PACKED_COUNT = 300
OPTIONS = msgspec.structs.replace(SMALL_LAZY, segment_bytes=16 << 10, quota_bytes=1 << 20)


def uplink(number: int) -> bytes:
    return body(number, receptions=7)


class Outcome(NamedTuple):
    lost: int
    wrong: int
    counted: int


async def a_log() -> Disk:
    """Closed segments appended and rewritten, one of them with a dictionary, tombstones, and an unclosed one."""
    disk = Disk()
    log = open_log(disk, options=msgspec.structs.replace(OPTIONS, segment_bytes=240 << 10))
    log.append([uplink(number) for number in range(1, PACKED_COUNT + 1)])
    await log.close()
    log = open_log(disk, options=OPTIONS)
    compress(log)
    while log.next_number <= COUNT:
        log.append([uplink(log.next_number + at) for at in range(5)])
        await log.commit()
    log.abandon()
    return disk


async def flip_and_read(disk: Disk, bit: int, *, when: str) -> Outcome:
    """Flip a bit of all segment files laid end to end, with the log open or closed, and read everything."""
    image = disk.copy()
    notices: list[Notice] = []
    log = open_log(image, options=OPTIONS, on_notice=notices.append)
    files = segment_files(log)
    if when == "closed":
        log.abandon()
        notices.clear()
    for path in files:
        size = 8 * len(image.inodes[image.files[path]].content)
        if bit < size:
            image.flip(path, bit)
            break
        bit -= size
    if when == "closed":
        log = open_log(image, options=OPTIONS, on_notice=notices.append)
    found = read_from_disk(log)
    check = log.verify()
    recovered = [notice for notice in notices if isinstance(notice, Recovered)]
    torn = any(notice.torn_bytes for notice in recovered)
    counted = sum(notice.entries for notice in notices if isinstance(notice, Corrupted))
    counted += sum(notice.corrupt_entries for notice in recovered)
    assert counted == check.corrupt_entries == log.corrupt_entries
    assert log.next_number > COUNT
    log.abandon()
    wrong = sum(payload != uplink(number) for number, payload in found.items())
    return Outcome(COUNT - len(found), wrong, max(counted, torn))


async def flips(count: int, seed: int) -> list[Outcome]:
    disk = await a_log()
    rng = random.Random(seed)
    size = 8 * sum(len(disk.inodes[disk.files[path]].content) for path in disk.files if path.suffix == ".seg")
    return [await flip_and_read(disk, rng.randrange(size), when=rng.choice(("open", "closed"))) for _ in range(count)]


def hold_to_promise(outcomes: list[Outcome]) -> None:
    assert max(outcome.lost for outcome in outcomes) == 1
    assert [outcome for outcome in outcomes if outcome.wrong] == []
    assert [outcome for outcome in outcomes if outcome.counted != outcome.lost] == []


async def test_1000_flips_cost_one_entry_each_at_most_and_are_counted() -> None:
    hold_to_promise(await flips(1000, 1))


@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_20000_flips_cost_one_entry_each_at_most_and_are_counted() -> None:
    hold_to_promise(await flips(20_000, 2))


async def test_a_flip_in_what_a_whole_segment_hangs_on_costs_no_entry() -> None:
    """Each byte of the headers, of both dictionaries' heads, of the seal's head and of the footer."""
    disk = await a_log()
    log = open_log(disk.copy(), options=OPTIONS)
    packed = log._segments.all[0]
    assert packed.footer is not None
    assert packed.footer.dictionary_offset
    seal, dictionary = packed.footer.seal_offset, packed.footer.dictionary_offset
    log.abandon()
    places = [*range(160), *range(dictionary, dictionary + 30), *range(seal, packed.size)]
    for place in places:
        when = ("open", "closed")[place % 2]
        outcome = await flip_and_read(disk, 8 * place + place // 2 % 8, when=when)
        assert outcome == Outcome(0, 0, 0), f"byte {place} of {packed.path.name}, {when}"


async def test_a_loss_is_told_once_however_many_read_it() -> None:
    disk = await a_log()
    notices: list[Notice] = []
    log = open_log(disk, options=OPTIONS, on_notice=notices.append)
    segment = log._segments.all[-1]
    disk.flip(segment.path, 8 * 200)
    for _ in range(3):
        assert len(read_from_disk(log)) == COUNT - 1
    assert [notice.entries for notice in notices if isinstance(notice, Corrupted)] == [1]
    assert log.corrupt_entries == 1
    log.abandon()


async def test_a_bad_sector_costs_what_is_in_it() -> None:
    disk = await a_log()
    log = open_log(disk, options=OPTIONS)
    first = log._segments.all[1]
    disk.bad_sectors.add((first.path, 5000))
    found = read_from_disk(log)
    assert COUNT - 20 < len(found) < COUNT
    assert all(payload == uplink(number) for number, payload in found.items())
    assert log.corrupt_entries == COUNT - len(found)
    log.abandon()
