"""Which street to try now."""

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.parking.guidance import GuidanceMachine
from pipelines.domains.parking.settings import BayDetails
from tests.pipelines.domains.fold import at, fold, of, site

NOON = at("2026-06-01T12:00")
MIN = 60 * 10**9


def town(*streets: tuple[str, int], details: BayDetails | None = None) -> Site:
    return site(
        {f"parking-spot/{name}-{bay}": Place(name, None, details) for name, bays in streets for bay in range(bays)}
    )


def state(street: str, bay: int, minutes: float, *, occupied: bool) -> Reading:
    name = f"parking-spot/{street}-{bay}"
    return Reading(NOON + int(minutes * MIN), f"box-{street}-{bay}", name, "occupied", occupied)


def ranks(readings: list[Reading], where: Site, hours: float = 2) -> list[tuple[int, str, float]]:
    said = fold(GuidanceMachine(), readings, where, until=NOON + int(hours * HOUR_NS))
    return [((one.time_ns - NOON) // MIN, one.feature, float(one.value)) for one in of(said, "guidance_rank")]


def test_before_anything_is_learnt_the_street_with_most_free_bays_is_best() -> None:
    readings = [state("ada", bay, 0, occupied=bay == 0) for bay in range(3)]
    readings += [state("bell", bay, 0, occupied=bay < 2) for bay in range(3)]
    first = [one for one in ranks(readings, town(("ada", 3), ("bell", 3))) if one[0] == 5]
    assert first == [(5, "street-parking/ada", 1), (5, "street-parking/bell", 2)]


def test_another_best_street_is_said_at_the_next_step_not_at_the_next_quarter() -> None:
    readings = [state("ada", 0, 0, occupied=False), state("bell", 0, 0, occupied=True)]
    readings += [state("ada", 0, 16, occupied=True), state("bell", 0, 17, occupied=False)]
    said = ranks(readings, town(("ada", 1), ("bell", 1)))
    assert [one for one in said if one[2] == 1][:3] == [
        (5, "street-parking/ada", 1),
        (15, "street-parking/ada", 1),
        (20, "street-parking/bell", 1),
    ]


def test_streets_of_which_nothing_is_known_or_nobody_may_use_a_bay_have_no_rank() -> None:
    readings = [state("ada", 0, 0, occupied=False)]
    assert {feature for _, feature, _ in ranks(readings, town(("ada", 1), ("bell", 1)))} == {"street-parking/ada"}
    assert ranks(readings, town(("ada", 1), details=BayDetails("loading"))) == []


def test_what_was_learnt_counts_more_than_free_bays() -> None:
    """In Ada's two bays cars stay for a day's work, in Bell's they come and go: full now, Bell is the one to try."""
    readings = []
    for day in range(14):
        for hour in range(9, 18):
            for bay in range(2):
                minute = (day * 24 + hour - 12) * 60 + bay * 3
                readings += [state("bell", bay, minute + m, occupied=m % 10 == 0) for m in (0, 8, 10, 18, 20, 28, 30)]
        for bay in range(2):
            minute = (day * 24 + 9 - 12) * 60 + bay
            readings += [state("ada", bay, minute, occupied=True), state("ada", bay, minute + 8 * 60, occupied=False)]
            readings += [state("ada", bay, minute + 20, occupied=False), state("ada", bay, minute + 25, occupied=True)]
    said = ranks(readings, town(("ada", 2), ("bell", 2)), hours=13 * 24 + 3)
    noon = [one for one in said if 0 <= one[0] - 13 * 24 * 60 <= 180 and one[2] == 1]
    assert {feature for _, feature, _ in noon} == {"street-parking/bell"}
