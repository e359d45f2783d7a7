from gateway.journal.tail import Batch, Entry, Tail


def batch(first: int, count: int, size: int = 10) -> Batch:
    return Batch(first, 1, [bytes(size)] * count, count * size)


def numbers(tail: Tail, start: int, *, upto: int = 10**9, max_entries: int = 10**9) -> list[int]:
    return [entry.number for entry in tail.read(start, upto=upto, max_entries=max_entries, max_bytes=10**9)]


def test_the_oldest_batches_go_beyond_the_bound() -> None:
    tail = Tail(3 * 74 * 10)
    for first in range(1, 101, 10):
        tail.push(batch(first, 10))
    assert not tail.starts_at_or_before(70)
    assert tail.starts_at_or_before(71)
    assert numbers(tail, 71) == list(range(71, 101))


def test_a_batch_larger_than_the_bound_is_not_kept() -> None:
    tail = Tail(100)
    tail.push(batch(1, 10))
    assert not tail.starts_at_or_before(1)
    assert numbers(tail, 1) == []


def test_a_gap_in_the_numbers_empties_it() -> None:
    tail = Tail(10**6)
    tail.push(batch(1, 3))
    tail.push(batch(9, 2))
    assert not tail.starts_at_or_before(8)
    assert numbers(tail, 9) == [9, 10]


def test_every_start_and_bound_gives_the_entries_between() -> None:
    tail = Tail(10**6)
    tail.push(batch(5, 4))
    tail.push(batch(9, 1))
    tail.push(batch(10, 6))
    for start in range(5, 17):
        for upto in range(4, 18):
            for most in (1, 2, 7, 100):
                expected = list(range(start, min(upto, 15) + 1))[:most]
                assert numbers(tail, start, upto=upto, max_entries=most) == expected


def test_bytes_bound_a_read_but_never_to_nothing() -> None:
    tail = Tail(10**6)
    tail.push(batch(1, 5))
    tail.push(batch(6, 5))
    for most, count in ((1, 1), (10, 1), (11, 2), (50, 5), (51, 6), (1000, 10)):
        assert len(tail.read(1, upto=10, max_entries=100, max_bytes=most)) == count


def test_the_part_of_a_batch_after_a_number() -> None:
    assert batch(5, 4).after(6) == Batch(7, 1, [bytes(10)] * 2, 20)
    assert Entry(1, 2, b"x").kind == 2
