"""Waste: how full are the bins, when will they be full, was the round worth it, does one burn."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step, Word
from gateway.grafana.layouts.marks import COLLECTED, DEVICE_PLACED, fell_silent

FILL = (
    Step(None, "blue", "leave it"),
    Step(70, "yellow", "plan it for the next round"),
    Step(90, "vermilion", "empty it today"),
)
SOON = (
    Step(None, "vermilion", "full within a day"),
    Step(24, "yellow", "full within three days"),
    Step(72, "blue", "later"),
)
ALARM = (Word("true", "ALARM", "vermilion"), Word("false", "over", "blue"))


def alarm(field: str, name: str) -> Query:
    """One alarm of every bin that ever had it in this time."""
    return Query(
        measurement="waste_event",
        fields=(field,),
        function="last",
        by=("feature",),
        every="$__interval",
        fill="previous",
        alias=f"$tag_feature {name}",
    )


WASTE = Dashboard(
    uid="citygate-waste",
    title="Waste",
    about="How full are the bins now, and when will they be full? What did the rounds collect, and does anything burn?",
    thing="Bin",
    kinds=("waste-container",),
    marks=(COLLECTED, DEVICE_PLACED, fell_silent("waste")),
    parts=(
        Row("Now"),
        Panel(
            title="How full are the bins now?",
            about="The newest cleaned fill level of each bin: slips of the sensor are taken out. A bin that has not been heard "
            "for two days is not shown.",
            look="bar gauge",
            queries=(
                Query(
                    measurement="waste_estimate", fields=("fill_level_clean_percent",), function="last", by=("feature",)
                ),
            ),
            low=0,
            high=100,
            steps=FILL,
            width=9,
            height=10,
            look_back="2d",
        ),
        Panel(
            title="And when will they be full?",
            about="Hours until full, the middle of the forecast: as many bins are full sooner as later. Reckoned from the newest "
            "forecast, made every three hours from how fast the bin fills by weekday and hour.",
            look="bar gauge",
            queries=(
                Query(measurement="waste_estimate", fields=("time_to_full_p50_h",), function="last", by=("feature",)),
            ),
            low=0,
            high=336,
            steps=SOON,
            width=9,
            height=10,
            look_back="2d",
        ),
        Panel(
            title="Does it burn, or lie on its side?",
            about="Alarms of the last 30 days: 60 °C or 5 °C a minute, or tilted for a minute. What is red at the right end stands now: call the fire brigade first.",
            look="states",
            queries=(alarm("fire_alarm", "fire"), alarm("tilt_alarm", "tilt")),
            words=ALARM,
            smallest_step="1h",
            empty="No alarm in the last 30 days.",
            width=6,
            height=10,
            look_back="30d",
        ),
        Row("Over time"),
        Panel(
            title="How did the bins fill, and when were they emptied?",
            about="Cleaned fill levels. A green mark is a collection: a fall that a second reading confirmed.",
            look="series",
            queries=(
                Query(
                    measurement="waste_estimate",
                    fields=("fill_level_clean_percent",),
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            low=0,
            high=100,
            steps=FILL,
            width=24,
            height=9,
            smallest_step="30m",
        ),
        Panel(
            title="How sure is the forecast?",
            about="Hours until full, middle of the chosen bins: one in ten is full sooner than the lowest line, one in ten later "
            "than the highest. The wider the band, the less is known. Choose one bin to read it.",
            look="series",
            queries=(
                Query(
                    measurement="waste_estimate",
                    fields=("time_to_full_p10_h", "time_to_full_p50_h", "time_to_full_p90_h"),
                    function="median",
                    every="$__interval",
                    fill="none",
                    names=("one in ten sooner", "middle", "one in ten later"),
                ),
            ),
            low=0,
            smallest_step="3h",
        ),
        Panel(
            title="Do the forecasts hold what they promise?",
            about="Share of the forecasts whose bin was full between the early and the late line. 80 % is what they promise.",
            look="series",
            queries=(
                Query(
                    measurement="waste_1d",
                    fields=("time_to_full_held_percent",),
                    every="1d",
                    fill="none",
                    names=("held",),
                ),
            ),
            low=0,
            high=100,
            look_back="30d",
        ),
        Row("Rounds"),
        Panel(
            title="How full was what we emptied?",
            about="How much of the bin each collection took away, mean by day. Much below 70 % the truck came too early.",
            look="bars",
            queries=(
                Query(
                    measurement="waste_event",
                    fields=("collected_percent",),
                    every="1d",
                    fill="none",
                    names=("taken away",),
                ),
            ),
            low=0,
            high=100,
            steps=(Step(None, "yellow", "too early"), Step(70, "blue", "worth the stop")),
            width=8,
            look_back="30d",
        ),
        Panel(
            title="How many bins did we empty?",
            about="Collections by day, as the fall of the level shows them; nobody has to write them down.",
            look="bars",
            queries=(
                Query(
                    measurement="waste_event",
                    fields=("collected_percent",),
                    function="count",
                    every="1d",
                    fill="none",
                    names=("collections",),
                ),
            ),
            low=0,
            counts=True,
            width=8,
            look_back="30d",
        ),
        Panel(
            title="How long did bins stand overfull?",
            about="Hours at 100 % by day, all chosen bins together: what citizens see and complain about.",
            look="bars",
            queries=(
                Query(
                    measurement="waste_1d",
                    fields=("overflow_h",),
                    function="sum",
                    every="1d",
                    fill="none",
                    names=("overfull",),
                ),
            ),
            low=0,
            width=8,
            look_back="30d",
        ),
        Panel(
            title="How fast does each bin fill?",
            about="Percent a day, mean of the last 30 days. The fast ones are too small or too few.",
            look="bar gauge",
            queries=(Query(measurement="waste_1d", fields=("fill_rate_percent_day",), by=("feature",)),),
            low=0,
            look_back="30d",
            width=24,
        ),
        Panel(
            title="How warm is it in the bins?",
            about="Temperature that the sensors measure inside. A fire alarm is raised at 60 °C.",
            look="series",
            queries=(
                Query(
                    measurement="waste",
                    fields=("temperature_c",),
                    function="max",
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            steps=(Step(None, "blue", "usual"), Step(60, "vermilion", "fire alarm")),
            smallest_step="30m",
            width=12,
        ),
        Panel(
            title="What alarms were there?",
            about="Alarms of the last 30 days, newest first: 60 °C or 5 °C a minute, or tilted for a minute. Each is told when it "
            "is raised and when it is over.",
            look="table",
            queries=(
                Query(
                    measurement="waste_event",
                    fields=("fire_alarm", "tilt_alarm"),
                    function="",
                    tags=("feature",),
                    newest=50,
                ),
            ),
            words=ALARM,
            columns={"Time": "At", "feature": "Bin", "fire_alarm": "Fire", "tilt_alarm": "On its side"},
            empty="No alarm in the last 30 days.",
            look_back="30d",
            width=12,
        ),
    ),
)
