"""Every event: documented, with a level of the three, one line of JSON, one readable line."""

import json
import logging
from typing import Any, get_type_hints

import pytest

from gateway import events
from gateway.events import Event, Events, JsonLines, ReadableLines, TaskCrashed, logger
from tests.gateway.road import SetClock

KINDS = [
    kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
]
EXAMPLES: dict[Any, Any] = {str: "words", int: 3, float: 0.5, bool: True, list[str]: ["one"]}


def example(kind: type[Event]) -> Event:
    hints = get_type_hints(kind)
    return kind(**{name: EXAMPLES[hints[name]] for name in kind.__struct_fields__})


def record_of(event: Event) -> logging.LogRecord:
    record = logging.LogRecord("citygate", logging.INFO, __file__, 1, "%s", (type(event).__name__,), None)
    record.event = event
    return record


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_event_is_documented_and_one_line_in_either_form(kind: type[Event]) -> None:
    event = example(kind)
    assert (kind.__doc__ or "").strip().endswith(".")
    assert kind.level in {"INFO", "WARNING", "ERROR"}
    assert not {"time", "level", "event", "traceback"} & set(kind.__struct_fields__)
    said = JsonLines().format(record_of(event))
    assert "\n" not in said
    fields = json.loads(said)
    assert fields["event"] == kind.__name__
    assert set(kind.__struct_fields__) < set(fields)
    readable = ReadableLines().format(record_of(event))
    assert "\n" not in readable
    assert kind.__name__ in readable


def test_an_error_event_tells_what_to_do_or_what_it_was() -> None:
    for kind in KINDS:
        if kind.level == "ERROR":
            assert {"mend", "why", "error", "code", "mistakes", "where", "number"} & set(kind.__struct_fields__)


def test_events_are_counted_and_the_last_hundred_kept(caplog: pytest.LogCaptureFixture) -> None:
    found = Events(SetClock())
    before, logger.propagate = logger.propagate, True
    try:
        for number in range(150):
            found.emit(TaskCrashed(part=str(number), error="e", retry_s=1.0))
    finally:
        logger.propagate = before
    assert found.counts["TaskCrashed"] == 150
    assert len(found.recent) == 100
    last = found.recent[-1][1]
    assert isinstance(last, TaskCrashed)
    assert last.part == "149"
    assert {record.levelname for record in caplog.records} <= {"ERROR"}


def test_a_foreign_text_cannot_write_on_the_terminal() -> None:
    said = ReadableLines().format(record_of(TaskCrashed(part="x", error="evil\x1b[2J\nGatewayStopped", retry_s=1.0)))
    assert said.splitlines() == [said]
    assert "\x1b" not in said
