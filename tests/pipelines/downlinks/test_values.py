"""What a person types → values: words, numbers, units of time, limits; and what is wrong, in words that mend."""

import pytest

from pipelines.downlinks.notation import Downlink, DownlinkField, Unsendable
from pipelines.downlinks.values import chosen, described, read_value, values_of
from pipelines.model import Value

SECONDS = DownlinkField(name="interval", unit="s", low=60, high=64_800)
MINUTES = DownlinkField(name="minutes", unit="min", low=1)
AT_MOST = DownlinkField(name="at_most", unit="%", high=80.5)
PLAIN = DownlinkField(name="plain")
STATE = DownlinkField(name="state", choices=("closed", "open"))
SWITCH = DownlinkField(name="switch", choices=(True, False))
DEFAULT = DownlinkField(name="default", default=5)
OPTIONAL = DownlinkField(name="optional", needed=False)
ONE = Downlink(name="one", title="One", fields=(SECONDS, DEFAULT, OPTIONAL))
TWO = Downlink(name="two", title="Two", fields=(STATE,))
DOWNLINKS = {"one": ONE, "two": TWO}


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (SECONDS, "1200", 1200),
        (SECONDS, " 20m ", 1200),
        (SECONDS, "20min", 1200),
        (SECONDS, "1.5h", 5400),
        (SECONDS, "90s", 90),
        (MINUTES, "90s", 1.5),
        (MINUTES, "1d", 1440),
        (AT_MOST, "12.5%", 12.5),
        (PLAIN, "-3", -3),
        (STATE, "OPEN", "open"),
        (SWITCH, "true", True),
        (SWITCH, "off", False),
        (SWITCH, "yes", True),
    ],
)
def test_a_value_is_read_as_people_write_it(field: DownlinkField, text: str, value: Value) -> None:
    read = read_value(field, text)
    assert read == value
    assert isinstance(read, type(value))


@pytest.mark.parametrize(
    ("field", "text", "what", "mend"),
    [
        (SECONDS, "59", "interval: 59 is outside of its limits", "It takes 60 to 64800 s."),
        (SECONDS, "19h", "interval: 68400 is outside of its limits", "It takes 60 to 64800 s."),
        (SECONDS, "20%", "interval: the unit '%' does not fit", "It takes 60 to 64800 s."),
        (SECONDS, "soon", "interval: 'soon' is no number", "It takes 60 to 64800 s."),
        (SECONDS, "inf", "interval: 'inf' is no number", "It takes 60 to 64800 s."),
        (MINUTES, "0", "minutes: 0 is outside of its limits", "It takes 1 min or more."),
        (AT_MOST, "81", "at_most: 81 is outside of its limits", "It takes 80.5 % at most."),
        (PLAIN, "20m", "plain: the unit 'm' does not fit", "It takes a number."),
        (STATE, "ajar", "state: 'ajar' is none of its words", "It takes closed or open."),
        (SWITCH, "perhaps", "switch: 'perhaps' is none of its words", "It takes true or false."),
    ],
)
def test_what_does_not_fit_says_what_would(field: DownlinkField, text: str, what: str, mend: str) -> None:
    with pytest.raises(Unsendable) as refused:
        read_value(field, text)
    assert (str(refused.value), refused.value.mend) == (what, mend)
    assert described(field) in refused.value.mend


def test_the_command_is_known_by_its_fields_and_defaults_are_filled_in() -> None:
    assert chosen(DOWNLINKS, {"interval": "60"}) is ONE
    assert chosen(DOWNLINKS, {"state": "open"}) is TWO
    assert values_of(ONE, {"interval": "2m"}) == {"interval": 120, "default": 5}
    assert values_of(ONE, {"optional": "1", "interval": "2m"}) == {"interval": 120, "default": 5, "optional": 1}
    with pytest.raises(Unsendable, match="interval: missing") as refused:
        values_of(ONE, {"default": "1"})
    assert refused.value.mend == "Add --set interval=… (60 to 64800 s)"


@pytest.mark.parametrize(
    ("names", "what", "mend"),
    [
        (["interwal"], "interwal: this device knows no such setting", "Did you mean interval? It understands"),
        (["x"], "x: this device knows no such setting", "It understands interval, default, optional, state."),
        (["interval", "state"], "interval and state belong to different commands", "Send them one after the other."),
        ([], "no value is given", "Give one: --set FIELD=VALUE"),
    ],
)
def test_fields_that_make_no_command_are_told(names: list[str], what: str, mend: str) -> None:
    with pytest.raises(Unsendable, match=what) as refused:
        chosen(DOWNLINKS, dict.fromkeys(names, "1"))
    assert mend in refused.value.mend


def test_a_device_without_downlinks_says_so() -> None:
    with pytest.raises(Unsendable) as refused:
        chosen({}, {"interval": "60"})
    assert refused.value.mend == "It understands nothing: its profile has no downlinks."
