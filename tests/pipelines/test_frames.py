"""The memory of frames: what is a duplicate, what is new, how much is kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.frames import FRAMES, MAX_F_CNT, RUNS, SAME_FRAME_NS, SESSIONS, Frames, Session, Verdict, frame_digest
from pipelines.model import TimeSource, Uplink

MINUTE = 60 * 1_000_000_000
START = 1_790_000_000 * 1_000_000_000
A, B = b"aaaaaaaa", b"bbbbbbbb"


def heard(*frames: tuple[int, bytes, int]) -> Session:
    session = Session()
    for number, (f_cnt, mark, minute) in enumerate(frames, 1):
        session.remember(f_cnt, mark, START + minute * MINUTE, number)
    return session


def told(frames: Frames, f_cnt: int, mark: bytes, minute: int, source: TimeSource = "network") -> Verdict:
    """Judge a frame of a nameless session and remember it when it is new."""
    verdict = frames.judge(None, f_cnt, mark, START + minute * MINUTE, source)
    if verdict.original is None:
        frames.remember(verdict.session, f_cnt, mark, START + minute * MINUTE, 1000 + minute)
    return verdict


def test_a_second_reception_names_the_first() -> None:
    session = heard((7, A, 0), (8, B, 1))
    assert session.original(7, A, START + 2 * MINUTE) == 1
    assert session.original(8, B, START + 2 * MINUTE) == 2


def test_a_seen_counter_with_another_digest_is_a_new_frame() -> None:
    assert heard((7, A, 0)).original(7, B, START) is None


def test_the_same_frame_more_than_48_hours_away_is_new() -> None:
    session = heard((7, A, 0))
    assert session.original(7, A, START + SAME_FRAME_NS) == 1
    assert session.original(7, A, START + SAME_FRAME_NS + 1) is None
    assert session.original(7, A, START - SAME_FRAME_NS - 1) is None


def test_of_two_equal_frames_far_apart_the_near_one_is_the_original() -> None:
    session = heard((7, A, 0), (7, A, 3000))
    assert session.original(7, A, START + 3001 * MINUTE) == 2


def test_a_key_found_across_two_records_is_no_frame() -> None:
    session = Session()
    # The first eight bytes of record 2's tail repeat the key of f_cnt 7, but not at a record's beginning.
    number = int.from_bytes((7).to_bytes(4, "little") + A[:4], "little")
    session.remember(1, B, START, number)
    session.remember(7, A, START, 2)
    assert session.original(7, A, START) == 2


def test_a_forgotten_frame_is_a_duplicate_only_if_it_claims_to_be_old() -> None:
    session = heard(*((f_cnt, A, f_cnt) for f_cnt in range(200)))
    assert session.original(3, A, START + 3 * MINUTE) == 0
    assert session.original(3, A, START + 199 * MINUTE) is None, "the counter started again"


def test_an_unseen_counter_is_always_new() -> None:
    session = heard((7, A, 0), (9, A, 2))
    assert session.original(8, A, START + MINUTE) is None
    assert session.original(10, A, START) is None
    assert Session().original(0, A, START) is None
    assert Session().highest == -1


@given(st.lists(st.integers(0, 60), max_size=80))
def test_runs_hold_exactly_what_was_seen(counters: list[int]) -> None:
    session = Session()
    for f_cnt in counters:
        session.remember(f_cnt, A, START, 1)
    assert [f_cnt for f_cnt in range(62) if session.saw(f_cnt)] == sorted(set(counters))
    runs = list(session.runs)
    assert runs == sorted(runs)
    assert all(lo - hi > 1 for hi, lo in zip(runs[1::2], runs[2::2], strict=False)), "neighbouring runs are joined"


def test_the_memory_of_a_session_is_bounded() -> None:
    session = Session()
    for f_cnt in range(0, 4000, 2):
        session.remember(f_cnt, A, START + f_cnt, f_cnt)
    assert len(session.runs) == 2 * RUNS
    assert len(session.ring) == 24 * FRAMES
    assert session.saw(3998)
    assert not session.saw(0), "a forgotten run makes a frame new, never lost"
    session.remember(MAX_F_CNT, A, START, 1)
    assert session.highest == MAX_F_CNT


def test_a_named_session_is_kept_apart_from_the_next() -> None:
    frames = Frames()
    frames.remember("key-1", 7, A, START, 1)
    assert frames.judge("key-1", 7, A, START, "network") == Verdict("key-1", 1)
    assert frames.judge("key-2", 7, A, START, "network") == Verdict("key-2", None)


def test_only_the_last_sessions_are_kept() -> None:
    frames = Frames()
    for name in range(SESSIONS + 1):
        frames.remember(f"key-{name}", 7, A, START, name)
    assert list(frames.sessions) == [f"key-{name}" for name in range(1, SESSIONS + 1)]


def test_a_name_that_looks_like_our_own_count_does_not_disturb_it() -> None:
    frames = Frames()
    assert frames.judge("#99x", 7, A, START, "network").session == "99x"
    assert frames.judge("##", 7, A, START, "network").session == "#0"


def test_a_counter_that_falls_while_network_time_rises_begins_a_new_session() -> None:
    frames = Frames()
    assert told(frames, 5, A, 0) == Verdict("#0", None)
    assert told(frames, 6, A, 10) == Verdict("#0", None)
    assert told(frames, 5, A, 20) == Verdict("#1", None), "same bytes, but the device was restarted"
    assert told(frames, 5, A, 20) == Verdict("#1", 1020)
    assert frames.counted == 1


def test_a_late_reception_of_the_session_before_the_restart_is_a_duplicate() -> None:
    frames = Frames()
    for f_cnt in range(500, 510):
        told(frames, f_cnt, A, f_cnt - 500)
    told(frames, 0, A, 20)
    assert told(frames, 508, A, 8) == Verdict("#0", 1008)
    assert told(frames, 300, A, 8) == Verdict("#1", None), "never seen in either"


def test_by_our_own_time_a_small_fall_is_a_late_frame_and_a_large_one_a_restart() -> None:
    frames = Frames()
    for f_cnt in (100, 102):
        told(frames, f_cnt, A, f_cnt, "gateway")
    assert told(frames, 101, A, 110, "gateway") == Verdict("#0", None), "overtaken on the way"
    assert told(frames, 101, A, 111, "gateway") == Verdict("#0", 1110), "heard again"
    assert told(frames, 3, A, 120, "gateway") == Verdict("#1", None), "far back"
    told(frames, 4, A, 121, "gateway")
    assert told(frames, 3, B, 122, "gateway") == Verdict("#2", None), "seen with other bytes"


def test_an_equal_counter_with_other_bytes_stays_in_its_session() -> None:
    frames = Frames()
    told(frames, 7, A, 0)
    assert told(frames, 7, B, 1) == Verdict("#0", None)


def test_the_digest_covers_port_and_bytes() -> None:
    digests = [
        frame_digest(Uplink("d", payload=payload, f_port=port))
        for payload, port in ((b"", None), (b"x", None), (b"x", 1), (b"\x01x", 0))
    ]
    assert len(set(digests)) == 4
    assert all(len(digest) == 8 for digest in digests)
    assert frame_digest(Uplink("d", payload=b"x", f_port=1)) == frame_digest(Uplink("e", payload=b"x", f_port=1))


@pytest.mark.parametrize("values", [{"a": 1.5}, {"\ud800": float("nan")}, {}])
def test_without_bytes_the_digest_covers_the_decoded_values(values: dict[str, object]) -> None:
    digest = frame_digest(Uplink("d", decoded=values))
    assert digest == frame_digest(Uplink("d", decoded=dict(values)))
    assert digest != frame_digest(Uplink("d", decoded={"b": 1}))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 150), st.sampled_from([A, B]), st.integers(0, 9000)), max_size=200))
def test_a_frame_is_a_duplicate_only_of_an_equal_frame_within_48_hours(frames: list[tuple[int, bytes, int]]) -> None:
    session = Session()
    kept: dict[int, tuple[int, bytes, int]] = {}
    for number, (f_cnt, mark, minute) in enumerate(frames, 1):
        time_ns = START + minute * MINUTE
        original = session.original(f_cnt, mark, time_ns)
        if original is None:
            kept[number] = (f_cnt, mark, time_ns)
            session.remember(f_cnt, mark, time_ns, number)
        elif original:
            assert kept[original][:2] == (f_cnt, mark)
            assert abs(kept[original][2] - time_ns) <= SAME_FRAME_NS
        else:
            assert any(earlier[0] == f_cnt for earlier in kept.values())
