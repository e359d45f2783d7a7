"""Whether a valve may move, and for how long: permission, its end, the longest opening, the device's own timer."""

import pytest

from pipelines.downlinks.notation import Downlink, DownlinkField, Unsendable, Valve
from pipelines.downlinks.valves import Opening, ValvePermission, closing_values, opening, permission_for
from pipelines.model import Value

NOW_NS = 10**18
BY = ValvePermission("Parks", ("a",), 1_800.0)
ALL = ValvePermission("Mayor", None, 600.0, until_ns=NOW_NS)
STATE = DownlinkField(name="valve", choices=("closed", "open"))
TIMER = DownlinkField(name="open_for", unit="s", low=1, high=3_600, default=0)
PLAIN = Downlink(name="valve", title="", fields=(STATE,), valve=Valve("valve", "open", "closed"))
TIMED = Downlink(name="valve", title="", fields=(STATE, TIMER), valve=Valve("valve", "open", "closed", "open_for"))
OPTIONAL = Downlink(
    name="valve",
    title="",
    fields=(STATE, DownlinkField(name="open_for", unit="s", needed=False)),
    valve=Valve("valve", "open", "closed", "open_for"),
)


def opened(downlink: Downlink, values: dict[str, Value], open_s: float | None, every_s: float | None = 60.0) -> Opening:
    return opening(downlink, values, open_s=open_s, permission=BY, reporting_interval_s=every_s)


def test_the_most_generous_permission_in_force_counts() -> None:
    assert permission_for("a", [ALL, BY], pilot="p", now_ns=NOW_NS - 1) is BY
    assert permission_for("b", [ALL, BY], pilot="p", now_ns=NOW_NS - 1) is ALL


def test_without_a_permission_or_with_an_expired_one_nothing_moves() -> None:
    with pytest.raises(Unsendable, match="pilot p permits nobody to move the valve of b") as refused:
        permission_for("b", [BY], pilot="p", now_ns=NOW_NS)
    assert 'devices = ["b"]' in refused.value.mend
    with pytest.raises(Unsendable, match="the permission by Mayor to move the valve of b has expired") as refused:
        permission_for("b", [ALL, BY], pilot="p", now_ns=NOW_NS)
    assert "'until'" in refused.value.mend


def test_a_device_with_a_timer_gets_the_time() -> None:
    given: dict[str, Value] = {"valve": "open", "open_for": 0}
    assert opened(TIMED, given, 600.0) == Opening({"valve": "open", "open_for": 600}, 600.0)
    assert opened(TIMED, given, 1.5).values["open_for"] == 1.5
    assert opened(TIMED, {"valve": "open", "open_for": 60}, None) == Opening({"valve": "open", "open_for": 60}, 60.0)
    assert opened(OPTIONAL, {"valve": "open"}, 60.0).values == {"valve": "open", "open_for": 60}
    assert opened(TIMED, given, 1_800.0).open_s == 1_800.0, "the device ends it in time, whenever it listens"


def test_one_without_a_timer_is_closed_by_the_gateway_and_its_interval_counts() -> None:
    assert opened(PLAIN, {"valve": "open"}, 1_740.0) == Opening({"valve": "open"}, 1_740.0, gateway_closes=True)
    with pytest.raises(
        Unsendable, match="30 min is longer than the pilot permits, and the device may hear the end 1 min"
    ):
        opened(PLAIN, {"valve": "open"}, 1_800.0)
    with pytest.raises(Unsendable, match="may hear the end 1440 min late") as refused:
        opened(PLAIN, {"valve": "open"}, 60.0, every_s=None)
    assert refused.value.mend == "Ask for less: at most 30 min, permitted by Parks."


@pytest.mark.parametrize(
    ("downlink", "values", "open_s", "what"),
    [
        (PLAIN, {"valve": "open"}, None, "a valve is not opened without an end"),
        (TIMED, {"valve": "open", "open_for": 0}, None, "a valve is not opened without an end"),
        (PLAIN, {"valve": "open"}, 0.0, "a valve is not opened without an end"),
        (TIMED, {"valve": "open", "open_for": 60}, 60.0, "the time is given twice: --for and open_for"),
        (TIMED, {"valve": "open", "open_for": 0}, 3_601.0, "open_for: 3601 is outside of its limits"),
        (TIMED, {"valve": "open", "open_for": 0}, 1_801.0, "is longer than the pilot permits"),
        (PLAIN, {"valve": "closed"}, 60.0, "a closing valve needs no time"),
    ],
)
def test_what_is_not_permitted_is_told(
    downlink: Downlink, values: dict[str, Value], open_s: float | None, what: str
) -> None:
    with pytest.raises(Unsendable, match=what) as refused:
        opened(downlink, values, open_s)
    assert refused.value.mend


def test_closing_needs_no_time_and_forgets_one() -> None:
    assert opened(TIMED, {"valve": "closed", "open_for": 60}, None) == Opening({"valve": "closed", "open_for": 0})
    assert opened(OPTIONAL, {"valve": "closed", "open_for": 60}, None) == Opening({"valve": "closed"})
    assert closing_values(TIMED) == {"valve": "closed", "open_for": 0}
    assert closing_values(PLAIN) == {"valve": "closed"}
