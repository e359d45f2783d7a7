"""Two boxes change places: each speaks for the other's bay, from the other's place."""

from simulators.faults.moved_device import MovedDevice
from tests.simulators.faults.streams import DEVICES, reports, scope


def test_from_one_moment_on_two_boxes_speak_for_each_other() -> None:
    plain, came = list(reports(1_000)), list(MovedDevice(pairs=1, within_days=3.0).apply(reports(1_000), scope()))
    moved = {(a.device.dev_eui, b.device.dev_eui) for a, b in zip(plain, came, strict=True) if a.device != b.device}
    assert len(moved) == 2
    (one, other), (back, forth) = moved
    assert (one, other) == (forth, back)
    first = {eui: min(r.at_ns for r in came if r.device.dev_eui == eui) for eui in (one, other)}
    assert all(at_ns < plain[8].at_ns for at_ns in first.values()), "before that each is at home"
    assert [report.truth for report in came] == [report.truth for report in plain]


def test_a_box_alone_of_its_model_stays() -> None:
    alone = scope()
    alone = type(alone)(DEVICES[:1], alone.start_ns, alone.seed, alone.meanings)
    assert list(MovedDevice(pairs=3).apply(reports(20), alone)) == list(reports(20))
