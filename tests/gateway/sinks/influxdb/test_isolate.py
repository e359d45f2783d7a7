"""The search for culprits, against the answers of three generations of InfluxDB."""

from collections.abc import Callable, Sequence
from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sinks import SinkUnavailableError
from gateway.sinks.influxdb.complaint import Complaint, read_complaint
from gateway.sinks.influxdb.isolate import HOLD_AFTER, Post, Search, Sendable, TooLarge, Verdict, Written, split
from gateway.sinks.influxdb.sink import encoded
from pipelines.model import Revision
from tests.contracts.influx_answers import Flavour, InfluxAnswers
from tests.contracts.ledger_entries import T0, reading, uplink
from tests.contracts.line_reader import Point

FLAVOURS: list[Flavour] = ["1.6", "2.7", "2.7 unparsable", "3"]


def poster(server: InfluxAnswers) -> Post:
    async def post(body: bytes) -> Verdict:
        status, words = server.write(body)
        if status == 204:
            return Written()
        if status == 413:
            return TooLarge(words.decode())
        complaint = read_complaint(status, words)
        assert complaint is not None
        return complaint

    return post


def sendable(revisions: Sequence[Revision]) -> list[Sendable]:
    entries, refusals = encoded(revisions)
    assert refusals == []
    return entries


def poison(*numbers: int) -> Callable[[Point], str]:
    """Refuse the temperature of these ledger numbers: ``uplink`` writes a tenth of its number."""
    values = {number / 10 for number in numbers}
    return lambda point: "temperature_c" if point.fields.get("temperature_c") in values else ""


async def search(server: InfluxAnswers, revisions: Sequence[Revision]) -> Search:
    found = Search(poster(server))
    await found.write(sendable(revisions))
    return found


def stored(server: InfluxAnswers) -> set[float]:
    return {float(fields["temperature_c"]) for fields in server.points.values() if "temperature_c" in fields}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("culprit", [1, 2_500, 5_000])
async def test_one_culprit_in_five_thousand_is_named_within_forty_requests(flavour: Flavour, culprit: int) -> None:
    server = InfluxAnswers(flavour, poison(culprit))
    found = await search(server, [reading(number) for number in range(1, 5_001)])
    assert [refusal.number for refusal in found.refusals] == [culprit]
    assert stored(server) == {number / 10 for number in range(1, 5_001) if number != culprit}
    assert found.requests <= 40
    assert found.requests <= 2 * ceil(log2(5_000)) + 3


@pytest.mark.parametrize("flavour", ["1.6", "2.7", "3"])
async def test_a_batch_of_which_nothing_fits_is_named_without_a_search(flavour: Flavour) -> None:
    server = InfluxAnswers(flavour, lambda point: "temperature_c" if point.measurement == "air" else "")
    found = await search(server, [uplink(number) for number in range(1, 101)])
    assert [refusal.number for refusal in found.refusals] == list(range(1, 101))
    assert found.requests == 1


@pytest.mark.parametrize("flavour", ["1.6", "2.7"])
async def test_points_outside_the_retention_are_named_without_a_search(flavour: Flavour) -> None:
    server = InfluxAnswers(flavour, oldest_ns=T0 + 40 * 10**9)
    found = await search(server, [uplink(number) for number in range(1, 1_001)])
    assert [refusal.number for refusal in found.refusals] == list(range(1, 40))
    assert "retention policy" in found.refusals[0].detail
    assert found.requests <= 4


async def test_the_words_of_the_server_and_the_lines_come_with_the_refusal() -> None:
    found = await search(InfluxAnswers("2.7", poison(3)), [uplink(number) for number in range(1, 8)])
    (refusal,) = found.refusals
    assert 'input field "temperature_c" on measurement "air" is type float' in refusal.detail
    assert refusal.body.startswith(b"air,city=delft,device=a81758fffe000003,")


async def test_the_last_request_holds_everything_not_named_in_ledger_order() -> None:
    bodies: list[bytes] = []
    server = InfluxAnswers("1.6", poison(5, 11))

    async def post(body: bytes) -> Verdict:
        bodies.append(body)
        return await poster(server)(body)

    entries = sendable([reading(number) for number in range(1, 17)])
    await Search(post).write(entries)
    assert bodies[-1] == b"".join(entry.body for entry in entries if entry.number not in (5, 11))


async def displeased(_body: bytes) -> Verdict:
    return Complaint("database name is not what I like")


async def test_a_server_that_takes_nothing_at_all_is_not_refusing_content() -> None:
    for count in (1, 7, 500):
        found = Search(displeased)
        with pytest.raises(SinkUnavailableError, match="refuses everything") as error:
            await found.write(sendable([reading(number) for number in range(1, count + 1)]))
        assert error.value.mend
        assert found.requests <= HOLD_AFTER


async def test_a_single_line_that_the_server_quotes_is_to_blame_itself() -> None:
    found = await search(InfluxAnswers("2.7 unparsable", poison(1)), [reading(1)])
    assert [refusal.number for refusal in found.refusals] == [1]


async def test_a_server_that_takes_every_part_of_what_it_refused_is_asked_again_later() -> None:
    answers = iter([Complaint("too many columns at once")])

    async def moody(_body: bytes) -> Verdict:
        return next(answers, Written())

    with pytest.raises(SinkUnavailableError, match="every part"):
        await Search(moody).write(sendable([reading(number) for number in range(1, 9)]))


async def test_too_large_is_halved_until_it_fits_and_the_size_is_remembered() -> None:
    entries = sendable([reading(number) for number in range(1, 101)])
    size = sum(len(entry.body) for entry in entries)
    server = InfluxAnswers("2.7", max_body_bytes=size // 3)
    found = Search(poster(server))
    await found.write(entries)
    assert len(stored(server)) == 100
    assert found.refusals == []
    assert found.requests == 7  # 1 whole, 2 halves, 4 quarters
    assert found.too_large_bytes < size


async def test_one_entry_that_is_too_large_alone_is_refused() -> None:
    found = await search(InfluxAnswers("2.7", max_body_bytes=10), [reading(1)])
    assert [refusal.number for refusal in found.refusals] == [1]


@settings(max_examples=60, deadline=None)
@given(
    flavour=st.sampled_from(FLAVOURS),
    count=st.integers(1, 60),
    seed=st.sets(st.integers(1, 60), max_size=12),
    limit=st.sampled_from([50 << 20, 2_000]),
)
async def test_exactly_the_culprits_are_named_and_everything_else_is_stored(
    flavour: Flavour, count: int, seed: set[int], limit: int
) -> None:
    culprits = {number for number in seed if number <= count}
    server = InfluxAnswers(flavour, poison(*culprits), max_body_bytes=limit)
    found = await search(server, [uplink(number) for number in range(1, count + 1)])
    assert {refusal.number for refusal in found.refusals} == culprits
    assert len(found.refusals) == len(culprits)
    assert stored(server) >= {number / 10 for number in range(1, count + 1) if number not in culprits}
    assert found.requests <= (len(culprits) + 1) * (2 * ceil(log2(count + 1)) + 3) + 2 * count * (limit < 10_000)


def test_hints_only_choose_how_to_split() -> None:
    part = sendable([uplink(number) for number in range(1, 5)])
    assert [entry.number for entry in split(part, Complaint("", line_numbers=(3,)))[0]] == [2]
    assert [entry.number for entry in split(part, Complaint("", conflict=("nowhere", "x")))[0]] == [1, 2]
    assert [entry.number for entry in split(part, Complaint("", too_old=True, dropped=1))[0]] == [1]
