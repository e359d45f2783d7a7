"""The Log against a list: any order of actions and faults, with every read compared."""

import asyncio
import random
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.journal.log import Log
from gateway.journal.notices import LogFullError
from tests.gateway.journal.city import body, compress, open_log, read_all, segment_files
from tests.gateway.journal.disk import Disk


class LogAgainstList(RuleBasedStateMachine):
    """``entries`` is what must be there; ``doubtful`` what may be, after a crash or a flip."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.disk = Disk()
        self.log: Log = open_log(self.disk)
        self.entries: dict[int, bytes] = {}
        self.pending: dict[int, bytes] = {}
        self.highest = 0
        self.flipped = False

    def teardown(self) -> None:
        self.log.abandon()
        self.runner.close()

    def do(self, action: Any) -> Any:
        return self.runner.run(action)

    def reopen_on(self, disk: Disk) -> None:
        self.disk = disk
        self.log = open_log(disk)
        assert self.log.next_number > max(self.entries, default=0)

    def adopt(self, due: dict[int, bytes]) -> None:
        """After a crash: what is due is there, what else is there is true, and it is the list from now on."""
        found = {entry.number: entry.payload for entry in read_all(self.log)}
        missing = due.keys() - found.keys()
        assert len(missing) <= self.flipped, f"lost: {sorted(missing)}"
        assert found.items() <= (self.entries | self.pending | due).items()
        self.entries, self.pending = found, {}
        assert self.log.next_number > max(due, default=0)
        self.highest = self.log.next_number - 1

    @rule(count=st.integers(1, 30), commit=st.sampled_from(("sync", "write", "later")))
    def append(self, count: int, commit: str) -> None:
        first = self.log.next_number
        assert first > self.highest
        self.log.append([body(first + at) for at in range(count)])
        self.highest = first + count - 1
        self.pending |= {number: body(number) for number in range(first, first + count)}
        if commit != "later":
            self.do(self.log.commit(sync=commit == "sync"))
        if commit == "sync":
            self.landed()

    def landed(self) -> None:
        assert self.log.durable_number == self.highest
        self.entries |= self.pending
        self.pending = {}

    @rule()
    def commit(self) -> None:
        self.do(self.log.commit())
        self.entries |= self.pending
        self.pending = {}

    @rule()
    def failed_fsync(self) -> None:
        self.disk.failing_syncs = 1
        self.do(self.log.commit())
        self.disk.failing_syncs = 0
        self.entries |= self.pending
        self.pending = {}

    @rule(size=st.integers(1, 200))
    def short_writes(self, size: int) -> None:
        self.disk.short_write = size
        self.do(self.log.commit())
        self.disk.short_write = None
        self.entries |= self.pending
        self.pending = {}

    @rule()
    def full_disk(self) -> None:
        self.append(3, "later")
        self.disk.fill()
        try:
            self.do(self.log.commit())
        except LogFullError:
            pass
        else:
            raise AssertionError("the disk was full")
        assert {entry.number for entry in read_all(self.log)} <= self.entries.keys() | self.pending.keys()
        self.disk.empty()
        self.commit()

    @rule(start=st.integers(0, 400), most=st.integers(1, 50), memory=st.booleans())
    def read(self, start: int, most: int, *, memory: bool) -> None:
        if not memory:
            self.log._tail.clear()
        got = self.log.read(start, max_entries=most)
        readable = {number: payload for number, payload in self.entries.items() if number >= start}
        expected = sorted(readable)[:most]
        if self.flipped:
            assert all(readable[entry.number] == entry.payload for entry in got)
            assert len(expected) - len(got) <= 1
        else:
            assert [entry.number for entry in got] == expected
            assert all(readable[entry.number] == entry.payload for entry in got)

    @rule()
    def stop_and_start(self) -> None:
        self.do(self.log.close())
        self.entries |= self.pending
        self.reopen_on(self.disk)
        self.adopt(dict(self.entries))

    @rule()
    def kill(self) -> None:
        """The process dies, the machine goes on: what was written is there."""
        due = dict(self.entries)
        self.log.abandon()
        self.reopen_on(self.disk.copy())
        self.adopt(due)

    @rule(seed=st.integers(0, 10**6), back=st.integers(0, 3))
    def power_cut(self, seed: int, back: int) -> None:
        """Also in the middle of the last action: ``back`` writes that nothing synced were not yet done."""
        due = dict(self.entries)
        self.log.abandon()
        history = self.disk.history
        steps = len(history)
        while back and steps and history[steps - 1].what == "write":
            steps -= 1
            back -= 1
        self.reopen_on(self.disk.image(steps, random.Random(seed)))
        self.adopt(due)

    @rule()
    def compress(self) -> None:
        compress(self.log)

    @rule(modulus=st.integers(2, 9))
    def purge(self, modulus: int) -> None:
        self.do(self.log.purge(lambda entry: entry.number % modulus == 0))
        kept = self.entries | self.pending
        self.entries = {number: payload for number, payload in kept.items() if number % modulus}
        self.pending = {}

    @rule()
    def expire(self) -> None:
        expired = self.do(self.log.enforce_quota(free_bytes=20_000))
        if expired is not None and expired.first:
            self.entries = {number: payload for number, payload in self.entries.items() if number > expired.last}
            self.pending = {number: payload for number, payload in self.pending.items() if number > expired.last}

    @precondition(lambda self: not self.flipped and self.log.stat().segments)
    @rule(which=st.integers(0, 10**6))
    def flip(self, which: int) -> None:
        files = segment_files(self.log)
        path = files[which % len(files)]
        self.log._tail.clear()
        self.disk.flip(path, which % (8 * len(self.disk.inodes[self.disk.files[path]].content)))
        self.flipped = True

    @invariant()
    def counts_what_it_misses(self) -> None:
        if self.flipped:
            self.log._tail.clear()
            found = {entry.number for entry in read_all(self.log)}
            missing = self.entries.keys() - found
            assert len(missing) <= 1
            assert self.log.corrupt_entries >= len(missing)


LogAgainstList.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestLogAgainstList = LogAgainstList.TestCase
