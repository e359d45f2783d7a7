"""Two outcomes of one message, compared by identity."""

from pipelines.difference import SAMPLES, Difference, Tally, retractions
from pipelines.model import Accepted, Duplicate, Observation, Quality, QualityReason, Rejected, Value

T0 = 1_793_600_000_000_000_000


def seen(name: str, value: Value, *, quality: Quality = "ok", reason: QualityReason = "", at: int = 0) -> Observation:
    return Observation("air-station/A-1", name, value, T0 + at, "network", quality, reason)


def accepted(*observations: Observation, of: int = 1) -> Accepted:
    return Accepted(
        of, "dev", "p", "c", "air-station/A-1", T0, T0, observations, profile="a/b", profile_hash=b"\x01\x02"
    )


REJECTED = Rejected("decode_failed", "no", 1, "dev")


def test_each_property_is_counted_by_what_happened_to_it() -> None:
    found = Difference()
    before = accepted(seen("a", 1.0), seen("b", 1.0), seen("c", 1.0), seen("d", 1.0, quality="suspect", reason="range"))
    after = accepted(seen("a", 1.0), seen("b", 2.0), seen("d", 1.0), seen("e", 5.0))
    assert found.note(before, after)
    assert found.properties == {
        "a": Tally(same=1),
        "b": Tally(changed=1),
        "c": Tally(vanished=1),
        "d": Tally(requalified=1),
        "e": Tally(appeared=1),
    }
    samples = {sample.property: sample for sample in found.samples}
    assert (samples["b"].before, samples["b"].after) == (1.0, 2.0)
    assert (samples["c"].after, samples["e"].before) == (None, None)
    assert (samples["d"].before_quality, samples["d"].after_quality) == ("suspect:range", "ok")
    assert found.profiles == {"a/b": "0102"}


def test_the_same_again_is_no_difference() -> None:
    found = Difference()
    assert not found.note(accepted(seen("a", 1.0)), accepted(seen("a", 1.0)))
    assert not found.note(REJECTED, REJECTED)
    assert (found.outcomes, found.samples) == ({}, [])


def test_turns_of_outcomes_are_counted() -> None:
    found = Difference()
    assert found.note(REJECTED, accepted(seen("a", 1.0)))
    assert found.note(accepted(seen("a", 1.0)), REJECTED)
    assert found.note(accepted(), Duplicate(1, 2, "dev", T0))
    assert dict(found.outcomes) == {"rejected → accepted": 1, "accepted → rejected": 1, "accepted → duplicate": 1}


def test_few_samples_are_kept_of_each_sort() -> None:
    found = Difference()
    for number in range(SAMPLES + 4):
        found.note(accepted(seen("a", 1.0, at=number)), accepted(seen("a", 2.0, at=number)))
    assert len(found.samples) == SAMPLES
    assert found.properties["a"].changed == SAMPLES + 4


def test_what_is_gone_is_marked_and_what_was_taken_back_before_is_not_there() -> None:
    before = accepted(seen("a", 1.0), seen("b", 1.0), seen("c", 1.0, quality="retracted"))
    gone = retractions(before, accepted(seen("a", 3.0)))
    assert [(one.property, one.quality) for one in gone] == [("b", "retracted")]
    assert [one.property for one in retractions(before, REJECTED)] == ["a", "b"]
    assert retractions(REJECTED, before) == ()
    found = Difference()
    assert not found.note(accepted(seen("c", 1.0, quality="retracted")), accepted())
