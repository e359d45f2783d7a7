"""How a message reads: whole texts, for people who were woken by them."""

from gateway.alarms.alarm import Alarm, Change
from gateway.alarms.notice import Passed, lines_of
from gateway.alarms.words import subject, text
from tests.gateway.alarms.desk import alarm
from tests.gateway.alarms.test_email import line, notice
from tests.gateway.road import NOW_NS

SINK = Alarm(
    "sink-misconfigured",
    "",
    "influx",
    "critical",
    "influx is turned away: 401",
    "Renew the token.",
    NOW_NS,
    "condition",
)


def test_one_message_says_what_is_wrong_what_is_over_and_what_came_and_went() -> None:
    fire = alarm("B-7", "fire-alarm", "critical")
    dead = alarm("g", "gateway-offline", "critical")
    behind = tuple(f"tree/{number}" for number in range(12))
    changes = [
        Change("raised", fire),
        Change("raised", SINK),
        Change("raised", dead, 0, behind),
        *(Change("raised", alarm(f"S-{number:02}", at_s=number)) for number in range(12)),
        Change("unsteady", alarm("U", "battery-warning")),
        Change("cleared", alarm("O", "flood-state", "critical")),
    ]
    passed = [Passed(alarm("P"), 3, ["bin P (waste-container/P)"], NOW_NS)]
    one = notice(*lines_of(changes, passed), standing=16, again=True, held_until="2026-11-22T15:00:00Z")
    assert subject(one) == "CRITICAL delft: bin B-7 (waste-container/B-7): fire-alarm it is (+19 more)"
    assert text(one) == (
        "Citygate gw, delft\n"
        "\nThis may have reached you before: the gateway could not note whether it did.\n"
        "\nWRONG\n"
        "- bin B-7 (waste-container/B-7): fire-alarm it is\n"
        "  critical, since 2026-11-12 13:46 UTC, pilot waste-delft\n"
        "  Look at it.\n"
        "- bin g (waste-container/g): gateway-offline it is\n"
        "  critical, since 2026-11-12 13:46 UTC, pilot waste-delft\n"
        "  Look at it.\n"
        "  Not heard because of it: 12 (tree/0, tree/1, tree/2, tree/3, tree/4, tree/5, tree/6, tree/7, tree/8, tree/9"
        " and 2 more)\n"
        "- influx is turned away: 401\n"
        "  critical, since 2026-11-12 13:46 UTC\n"
        "  Renew the token.\n"
        "- 12 in waste-delft: silent it is\n"
        "  " + ", ".join(f"bin S-{number:02} (waste-container/S-{number:02})" for number in range(10)) + " and 2 more\n"
        "  since 2026-11-12 13:46 UTC, pilot waste-delft\n"
        "  Look at it.\n"
        "\nUNSTEADY: comes and goes; told again once it stands still\n"
        "- bin U (waste-container/U): battery-warning it is\n"
        "  since 2026-11-12 13:46 UTC, pilot waste-delft\n"
        "  Look at it.\n"
        "\nOVER\n"
        "- bin O (waste-container/O): flood-state it is\n"
        "  it began 2026-11-12 13:46 UTC, pilot waste-delft\n"
        "\nCAME AND WENT before it could be told\n"
        "- 3 times in waste-delft: silent it is\n"
        "  bin P (waste-container/P)\n"
        "  it began 2026-11-12 13:46 UTC, pilot waste-delft\n"
        "\nThis hour's messages are used up. What follows comes as one, after 2026-11-22 15:00 UTC.\n"
        "\n16 alarms stand now. On the gateway, citygate alarms list shows all.\n"
    )


def test_what_is_over_is_said_in_the_subject() -> None:
    one = notice(line(word="cleared"), severity="warning", standing=0)
    assert subject(one) == "delft: over: bin Oude Delft 7 (waste-container/B-7): it burns in the container"


def test_many_of_the_gateways_own_are_told_by_an_example() -> None:
    sinks = [Alarm("sink-delayed", "", f"s{n}", "warning", f"s{n} takes nothing", "", NOW_NS) for n in range(4)]
    one = notice(*lines_of([Change("raised", one) for one in sinks], []))
    assert subject(one) == "delft: 4 sink-delayed, such as: s0 takes nothing"


def test_long_and_hostile_names_are_cut_and_shown_for_what_they_are() -> None:
    one = notice(line(subjects=("x" * 500 + "\n\x1b[31m",)))
    assert len(subject(one)) <= 160
    said = text(one)
    assert "\x1b" not in said
    assert max(map(len, said.splitlines())) < 200


def test_more_lines_than_a_message_holds_are_counted() -> None:
    assert "And 23 lines more: citygate alarms list" in text(notice(more_lines=23))
