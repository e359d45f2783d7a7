"""The steps of the road as notes: what was reached, what became of each reading, why a quality was given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import Catalogue
from pipelines.dialects import DIALECTS, build_dialect, write_uplink
from pipelines.explain import Explanation, explain, sent, why
from pipelines.identify import DeviceIndex
from pipelines.model import Accepted, Device, Observation, Quality, QualityReason, Received, Rejected, Uplink
from pipelines.process import Knowledge, Waiting

CATALOGUE = Catalogue.load()
LAYOUTS = {name: one.layouts for name, one in CATALOGUE.checked.items() if one.layouts is not None}
EUI = "a81758fffe0462b9"
T0 = 1_793_600_000_000_000_000


def explained(uplink: Uplink, *, dialect: str = "chirpstack-v4", profile: str = "elsys/ems") -> Explanation:
    topic, body = write_uplink(dialect, uplink)
    return of_body(topic, body, dialect=dialect, profile=profile)


def of_body(topic: str, body: bytes, *, dialect: str, profile: str = "elsys/ems") -> Explanation:
    device = Device(EUI, profile, "air-delft", "delft", "air-station/A-1")
    knowledge = Knowledge({"s": build_dialect(dialect)}, DeviceIndex([device]), CATALOGUE.profiles, {})
    return explain(1, Received("s", topic, body, T0, 0, 0), knowledge, LAYOUTS)


def frame(payload: str, *, device: str = EUI, time_ns: int | None = T0) -> Uplink:
    return Uplink(device, payload=bytes.fromhex(payload), f_port=5, f_cnt=1, network_time_ns=time_ns)


def test_every_reading_says_what_became_of_it() -> None:
    told = explained(frame("0100e20506"))
    assert isinstance(told.outcome, Accepted)
    assert [(note.name, note.fate, note.property, note.observed) for note in told.notes] == [
        ("temperature", "observed", "temperature_c", 22.6),
        ("motion", "unmapped", "", None),
    ]
    assert told.notes[0].unit == "Cel"
    assert told.bytes_read is not None
    assert told.limits["temperature_c"][1] <= 85


def test_a_reading_that_needs_a_calibration_says_so() -> None:
    vector = next(one for one in CATALOGUE.vectors("decentlab/dl-mbx") if one.expect is not None)
    told = explained(from_the_device(vector.uplink), profile="decentlab/dl-mbx")
    assert "uncalibrated" in {note.fate for note in told.notes}


def from_the_device(uplink: Uplink) -> Uplink:
    return Uplink(EUI, payload=uplink.payload, f_port=uplink.f_port or 1, f_cnt=1, network_time_ns=T0)


def test_values_of_the_network_are_noted_by_their_own_names() -> None:
    uplink = Uplink(EUI, "status", network_time_ns=T0, network_values={"battery_percent": 93.0})
    assert ("battery_percent", "observed") in [(note.name, note.fate) for note in explained(uplink).notes]
    said = of_body(
        f"sensors/{EUI}/up", b'{"temperature_c": 21, "leak": "wet"}', dialect="plain-json", profile="generic/json"
    )
    assert {note.name: note.fate for note in said.notes} == {"temperature_c": "observed", "leak": "unfit"}


def test_steps_that_were_not_reached_are_empty() -> None:
    stranger = explained(frame("0100e2", device="a81758fffe0462ff"))
    assert isinstance(stranger.outcome, Rejected)
    assert (stranger.device, stranger.notes, stranger.bytes_read) == (None, (), None)
    assert stranger.uplink is not None
    broken = of_body("x", b"no json", dialect="chirpstack-v4")
    assert (broken.uplink, broken.when) == (None, None)
    assert explained(frame("0100e2"), profile="nobody/knows").notes == ()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.binary(max_size=80), st.sampled_from(sorted(DIALECTS)))
def test_no_message_makes_it_raise(topic: str, body: bytes, dialect: str) -> None:
    told = of_body(topic, body, dialect=dialect)
    assert isinstance(told.outcome, Accepted | Rejected | Waiting) or told.outcome.of == 1


@pytest.mark.parametrize(
    ("value", "quality", "reason", "words"),
    [
        (93.1, "suspect", "range", "above 85"),
        (-93.1, "suspect", "range", "below -40"),
        (21.0, "suspect", "spike", "a jump of more than"),
        (21.0, "suspect", "stuck", "the same value"),
        (21.0, "retracted", "", "taken back"),
        (21.0, "estimated", "", "worked out"),
        (21.0, "ok", "", ""),
    ],
)
def test_a_quality_says_why(value: float, quality: Quality, reason: QualityReason, words: str) -> None:
    observation = Observation("air-station/A-1", "temperature_c", value, T0, "network", quality, reason)
    said = why(observation, {"temperature_c": (-40, 85)})
    assert said.startswith(words) if words else said == ""


def test_what_sinks_send_is_shown_and_a_name_that_is_an_eui_is_hidden() -> None:
    told = explained(frame("0100e2"))
    assert isinstance(told.outcome, Accepted)
    made = sent(told.outcome, 7)
    assert made.lines.startswith("air,city=delft,device=")
    assert made.bodies[0][0] == "open/v1/delft/air/air-delft/a-1/obs"
    assert '"revision":7' in made.bodies[0][1]
    hidden = Accepted(1, EUI, "p", "c", f"tree/{EUI}", T0, T0, (Observation(f"tree/{EUI}", "temperature_c", 1.0, T0),))
    assert EUI not in sent(hidden, 7).bodies[0][0]
    unwritable = Accepted(1, EUI, "p", "c", "tree/1", T0, T0, (Observation("tree/1", "nothing", 1.0, T0),))
    assert "not in the vocabulary" in sent(unwritable, 7).fault


def test_what_privacy_withholds_is_not_shown_as_sent_to_the_open_broker() -> None:
    said = tuple(
        Observation(feature, name, 1.0, 1_793_700_000_000_000_000)
        for feature, name in (
            ("electricity-meter/house-12", "energy_import_kwh"),
            ("bike-counter/bridge", "bicycle_count"),
            ("waste-container/b7", "fill_level_percent"),
        )
    )
    entry = Accepted(1, "d", "pilot", "delft", "waste-container/b7", 1_793_700_000_000_000_000, 0, said)
    assert [topic for topic, _ in sent(entry, 5).bodies] == ["open/v1/delft/waste/pilot/b7/obs"]
