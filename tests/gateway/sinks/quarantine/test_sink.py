"""The quarantine sink over real files: what it holds, what resolves it, what the quota costs."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.events import Events, QuarantineFull
from gateway.sinks import SinkUnavailableError
from gateway.sinks.quarantine import writer
from gateway.sinks.quarantine.read import Quarantine
from gateway.sinks.quarantine.settings import QuarantineSettings
from gateway.sinks.quarantine.sink import QuarantineSink
from pipelines.model import Duplicate, Received, Refused, Rejected, RejectReason, Revision
from tests.gateway.sinks.entries import T0, S, accepted, observed


def received(number: int) -> Received | None:
    """An intake in which every number below 10,000 still is."""
    if number >= 10_000:
        return None
    return Received("ttn", f"v3/app/devices/d{number}/up", b"body %d" % number, T0 + number * S, 0, 1)


def rejected(of: int, reason: RejectReason = "malformed", device: str = "") -> Rejected:
    return Rejected(reason, f"decoder said {of}", of=of, device=device, received_ns=T0 + of * S)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "quarantine.sqlite"


def quarantine(file: Path, quota_bytes: int = 1 << 20) -> QuarantineSink:
    settings = QuarantineSettings(quota_bytes=quota_bytes)
    return QuarantineSink("quarantine", settings, file, fetch=received, events=Events(Clock()))


@pytest.fixture
async def sink(file: Path) -> AsyncIterator[QuarantineSink]:
    sink = quarantine(file)
    await sink.start()
    yield sink
    await sink.close()


async def test_a_rejected_message_is_held_with_its_bytes_and_reason(sink: QuarantineSink, file: Path) -> None:
    await sink.write([Revision(9, rejected(4, "unknown_device", "abcd"))])
    with Quarantine(file) as held:
        (listed,) = held.entries()
        assert (listed.number, listed.state, listed.reason, listed.device) == (4, "held", "unknown_device", "abcd")
        assert (listed.source, listed.topic, listed.received_ns) == ("ttn", "v3/app/devices/d4/up", T0 + 4 * S)
        assert listed.body is None
        (shown,) = held.show(4)
        assert (shown.body, shown.full_size, shown.detail) == (b"body 4", 6, "decoder said 4")


async def test_a_refused_entry_is_held_with_what_was_sent(sink: QuarantineSink, file: Path) -> None:
    refused = Refused("influxdb", 17, 4, "field type conflict", b"air pm25=1i 1", T0, "abcd")
    await sink.write([Revision(9, rejected(4)), Revision(18, refused), Revision(19, refused)])
    with Quarantine(file) as held:
        first, second = held.show(4)
        assert (first.sink, first.reason) == ("", "malformed")
        assert (second.sink, second.refused, second.reason) == ("influxdb", 17, "refused")
        assert (second.body, second.detail) == (b"air pm25=1i 1", "field type conflict")


async def test_a_message_whose_bytes_have_expired_is_still_named(sink: QuarantineSink, file: Path) -> None:
    await sink.write([Revision(9, rejected(10_000))])
    with Quarantine(file) as held:
        (shown,) = held.show(10_000)
        assert (shown.body, shown.reason) == (None, "malformed")


async def test_a_second_look_that_understands_resolves_the_entry(sink: QuarantineSink, file: Path) -> None:
    await sink.write([Revision(1, rejected(4)), Revision(2, rejected(5)), Revision(3, rejected(6))])
    await sink.write(
        [
            Revision(7, accepted(observed(), of=4), first=False),
            Revision(8, Duplicate(5, 4, "d", T0), first=False),
        ]
    )
    with Quarantine(file) as held:
        assert [entry.number for entry in held.entries()] == [6]
        assert [(entry.number, entry.kept_bytes) for entry in held.entries(state="resolved")] == [(5, 0), (4, 0)]
        assert held.show(4)[0].body is None


async def test_a_second_look_that_rejects_again_holds_it_for_the_new_reason(sink: QuarantineSink, file: Path) -> None:
    await sink.write([Revision(1, rejected(4, "unknown_device"))])
    await sink.write([Revision(7, rejected(4, "decode_failed"), first=False)])
    with Quarantine(file) as held:
        assert [(entry.state, entry.reason) for entry in held.show(4)] == [("held", "decode_failed")]


async def test_what_was_refused_and_brought_again_is_no_longer_held_and_a_new_refusal_is(
    sink: QuarantineSink, file: Path
) -> None:
    await sink.write([Revision(3, rejected(4)), Revision(5, Refused("influx", 2, 4, "no", b"line", T0, "abcd"))])
    with Quarantine(file) as held:
        assert held.refused_numbers() == held.refused_numbers("abcd") == {4}
        assert held.refused_numbers("efgh") == frozenset()
    await sink.write([Revision(9, Refused("influx", 8, 4, "no again", b"line", T0, "abcd"))])
    assert await sink.mark_retried([4, 99], upto=5) == 1
    with Quarantine(file) as held:
        states = [(entry.reason, entry.refused, entry.state) for entry in held.show(4)]
    assert states == [("malformed", 0, "held"), ("refused", 2, "retried"), ("refused", 8, "held")]


async def test_an_entry_taken_back_and_rejected_in_one_batch_is_held(sink: QuarantineSink, file: Path) -> None:
    await sink.write([Revision(1, rejected(4))])
    taken_back = accepted(observed(quality="retracted"), of=4)
    await sink.write([Revision(7, taken_back, first=False), Revision(8, rejected(4), first=False)])
    with Quarantine(file) as held:
        assert [(entry.state, entry.body) for entry in held.show(4)] == [("held", b"body 4")]


async def test_repeating_a_batch_changes_nothing(sink: QuarantineSink, file: Path) -> None:
    batch = [Revision(1, rejected(4)), Revision(5, accepted(observed(), of=4), first=False), Revision(6, rejected(8))]
    await sink.write(batch)
    with Quarantine(file) as held:
        before = held.entries(state=None), held.kept_bytes()
    await sink.write(batch)
    with Quarantine(file) as held:
        assert (held.entries(state=None), held.kept_bytes()) == before


async def test_the_oldest_are_given_up_to_the_quota_and_counted_by_reason(tmp_path: Path) -> None:
    events = Events(Clock())
    file = tmp_path / "small.sqlite"
    settings = QuarantineSettings(quota_bytes=65_536)
    sink = QuarantineSink("quarantine", settings, file, fetch=received, events=events)
    await sink.write([Revision(n, rejected(n, "malformed" if n < 5 else "no_readings")) for n in range(1, 400)])
    with Quarantine(file) as held:
        kept = held.by_reason()["no_readings"]
        given_up = held.given_up()
        assert given_up["malformed"] == 4
        assert kept + given_up["malformed"] + given_up["no_readings"] == 399
        assert held.kept_bytes() <= 65_536
        assert held.entries(limit=1)[0].number == 399
        assert held.show(1)[0].state == "dropped"
        assert held.show(1)[0].body is None
    (event,) = [event for _, event in events.recent if isinstance(event, QuarantineFull)]
    assert event.entries == sum(given_up.values()) == events.counts["quarantine.given_up"]
    await sink.close()


async def test_what_has_no_bytes_any_more_is_remembered_only_so_long(
    sink: QuarantineSink, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "REMEMBERED", 3)
    await sink.write([Revision(n, rejected(n)) for n in range(1, 11)])
    await sink.write([Revision(n + 20, accepted(observed(), of=n), first=False) for n in range(1, 9)])
    with Quarantine(file) as held:
        assert [entry.number for entry in held.entries(state="resolved")] == [8, 7, 6]
        assert [entry.number for entry in held.entries()] == [10, 9]


async def test_devices_are_summed_up_for_the_inbox(sink: QuarantineSink, file: Path) -> None:
    batch = [Revision(n, rejected(n, "unknown_device", f"dev-{n % 2}")) for n in range(1, 8)]
    await sink.write([*batch, Revision(9, rejected(9, "malformed"))])
    with Quarantine(file) as held:
        odd, even = held.by_device("unknown_device")
        assert (odd.device, odd.entries, odd.newest) == ("dev-1", 4, 7)
        assert (odd.first_seen_ns, odd.last_seen_ns) == (T0 + S, T0 + 7 * S)
        assert (even.device, even.entries) == ("dev-0", 3)
        assert [entry.number for entry in held.entries(device="dev-0", limit=2)] == [6, 4]
        assert [entry.number for entry in held.entries("malformed")] == [9]


async def test_a_forgotten_device_leaves_no_byte_behind(sink: QuarantineSink, file: Path) -> None:
    await sink.write([Revision(1, rejected(4, device="gone-device")), Revision(2, rejected(5, device="kept"))])
    assert await sink.purge_device("gone-device") == 1
    await sink.close()
    content = b"".join(path.read_bytes() for path in [file, *file.parent.glob("*-wal")] if path.exists())
    assert b"body 4" not in content
    assert b"body 5" in content


async def test_a_file_in_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    sink = quarantine(tmp_path / "taken" / "quarantine.sqlite")
    with pytest.raises(SinkUnavailableError, match="taken") as caught:
        await sink.start()
    assert "writable" in caught.value.mend
    await sink.close()


CRASHER = """
import sys, itertools
from pathlib import Path
sys.path.insert(0, ".")
from gateway.sinks.quarantine.writer import Hold, Writer
writer = Writer(Path(sys.argv[1]), 1 << 30)
for n in itertools.count(1, 20):
    writer.write([Hold(k, "", 0, k, "malformed", "", "", "s", "t", k, 4, b"body") for k in range(n, n + 20)])
    print(n + 19, flush=True)
"""


def test_kill_nine_loses_nothing_confirmed(file: Path) -> None:
    confirmed = 0
    with subprocess.Popen([sys.executable, "-c", CRASHER, str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            confirmed = int(line)
            if confirmed > 500:
                break
        os.kill(process.pid, signal.SIGKILL)
    with Quarantine(file) as held:
        numbers = [entry.number for entry in held.entries(limit=1_000_000)][::-1]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= confirmed > 500
        assert held.kept_bytes() == sum(entry.kept_bytes for entry in held.entries(limit=1_000_000))
