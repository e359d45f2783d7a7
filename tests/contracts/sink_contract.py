"""The questions every sink must answer. Inherit ``SinkContract`` and give it a world.

    class TestMySink(SinkContract):            # RefusingSinkContract where the far side can refuse one entry of a batch
        @pytest.fixture
        async def world(self, tmp_path) -> AsyncIterator[SinkWorld]: ...

A world makes sinks for one far side, can stop that far side and bring it back, and can read what arrived there.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence

import pytest

from gateway.sinks import Sink, SinkRefusedError, SinkUnavailableError
from pipelines.model import Duplicate, Rejected, Revision, Tick
from tests.contracts.ledger_entries import T0, poisoned, uplink


class SinkWorld:
    """One far side. Numbers are what ``uplink(number)`` made: each is to be found by its number."""

    @abstractmethod
    def sink(self) -> Sink:
        """A fresh sink, not started."""

    @abstractmethod
    async def arrived(self) -> Sequence[int]:
        """Numbers of the uplinks that are there, sorted, each as often as it is there."""

    @abstractmethod
    async def stop(self) -> None:
        """Take the far side away."""

    @abstractmethod
    async def start(self) -> None:
        """Bring it back with what it held."""

    async def poison(self) -> None:
        """From now on the far side refuses for good what ``poisoned(number)`` makes."""
        raise NotImplementedError


async def using(world: SinkWorld, job: Callable[[Sink], Awaitable[None]]) -> None:
    sink = world.sink()
    try:
        await sink.start()
        await job(sink)
    finally:
        await sink.close()


class SinkContract:
    async def test_it_has_a_name_knows_what_it_takes_and_bounds_its_batches(self, world: SinkWorld) -> None:
        sink = world.sink()
        assert sink.id
        assert sink.takes
        assert 1 <= sink.max_batch <= 50_000

    async def test_what_was_written_is_there_when_write_returns(self, world: SinkWorld) -> None:
        await using(world, lambda sink: sink.write([uplink(1)]))
        assert await world.arrived() == [1]

    async def test_a_batch_arrives_whole(self, world: SinkWorld) -> None:
        await using(world, lambda sink: sink.write([uplink(number) for number in range(1, 301)]))
        assert await world.arrived() == list(range(1, 301))

    async def test_the_largest_batch_it_asks_for_arrives_whole(self, world: SinkWorld) -> None:
        sink = world.sink()
        count = min(sink.max_batch, 3_000)
        await using(world, lambda sink: sink.write([uplink(number) for number in range(1, count + 1)]))
        assert await world.arrived() == list(range(1, count + 1))

    async def test_an_empty_batch_is_nothing(self, world: SinkWorld) -> None:
        await using(world, lambda sink: sink.write([]))
        assert await world.arrived() == []

    async def test_writing_twice_is_harmless(self, world: SinkWorld) -> None:
        async def twice(sink: Sink) -> None:
            await sink.write([uplink(number) for number in range(1, 21)])
            await sink.write([uplink(number) for number in range(11, 31)])

        await using(world, twice)
        assert await world.arrived() == list(range(1, 31))

    async def test_another_sink_after_a_crash_may_write_the_same_again(self, world: SinkWorld) -> None:
        for _ in range(2):
            await using(world, lambda sink: sink.write([uplink(number) for number in range(1, 11)]))
        assert await world.arrived() == list(range(1, 11))

    async def test_entries_with_nothing_to_write_do_no_harm(self, world: SinkWorld) -> None:
        nothing = [
            Revision(1, Duplicate(2, 1, "d", T0)),
            Revision(2, Rejected("malformed", "no JSON", of=3)),
            Revision(3, Tick(T0, "trusted")),
        ]

        async def mixed(sink: Sink) -> None:
            await sink.write([entry for entry in nothing if isinstance(entry.entry, sink.takes)])
            await sink.write([uplink(4)])

        await using(world, mixed)
        assert await world.arrived() == [4]

    async def test_start_may_be_called_again(self, world: SinkWorld) -> None:
        async def again(sink: Sink) -> None:
            await sink.start()
            await sink.write([uplink(1)])
            await sink.start()
            await sink.write([uplink(2)])

        await using(world, again)
        assert await world.arrived() == [1, 2]

    async def test_close_never_raises_and_may_come_first_and_twice(self, world: SinkWorld) -> None:
        sink = world.sink()
        await sink.close()
        await sink.close()
        await using(world, lambda sink: sink.write([uplink(1)]))
        assert await world.arrived() == [1]

    async def test_a_far_side_that_is_down_is_unavailable_and_nothing_is_lost(self, world: SinkWorld) -> None:
        await world.stop()
        sink = world.sink()

        async def first() -> None:
            await sink.start()
            await sink.write([uplink(1)])

        with pytest.raises(SinkUnavailableError, match=r"\w"):
            await first()
        await world.start()
        await sink.start()
        await sink.write([uplink(1)])
        await sink.close()
        assert await world.arrived() == [1]

    async def test_a_far_side_that_goes_away_between_batches_comes_back(self, world: SinkWorld) -> None:
        sink = world.sink()
        await sink.start()
        await sink.write([uplink(1)])
        await world.stop()
        with pytest.raises(SinkUnavailableError):
            await sink.write([uplink(2)])
        with pytest.raises(SinkUnavailableError):
            await sink.write([uplink(2)])
        await world.start()
        await sink.start()
        await sink.write([uplink(2)])
        await sink.close()
        assert await world.arrived() == [1, 2]

    async def test_a_restart_between_batches_is_not_even_noticed(self, world: SinkWorld) -> None:
        sink = world.sink()
        await sink.start()
        await sink.write([uplink(1)])
        await world.stop()
        await world.start()
        await sink.write([uplink(2)])
        await sink.close()
        assert await world.arrived() == [1, 2]


class RefusingSinkContract(SinkContract):
    """For far sides that can refuse one entry of a batch."""

    @pytest.mark.parametrize("culprit", [1, 17, 40])
    async def test_one_refused_entry_is_named_and_the_others_arrive(self, world: SinkWorld, culprit: int) -> None:
        await world.poison()

        async def some(sink: Sink) -> None:
            with pytest.raises(SinkRefusedError) as error:
                await sink.write([poisoned(n) if n == culprit else uplink(n) for n in range(1, 41)])
            (refusal,) = error.value.refusals
            assert refusal.number == culprit
            assert refusal.detail, "the far side's own words"
            await sink.write([uplink(41)])

        await using(world, some)
        assert await world.arrived() == [number for number in range(1, 42) if number != culprit]

    async def test_a_refused_entry_is_refused_again(self, world: SinkWorld) -> None:
        await world.poison()

        async def again(sink: Sink) -> None:
            for _ in range(2):
                with pytest.raises(SinkRefusedError):
                    await sink.write([uplink(1), poisoned(2), uplink(3)])

        await using(world, again)
        assert await world.arrived() == [1, 3]
