"""The bike dashboard: how many ride, when, how fast, and against which year."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step
from gateway.grafana.layouts.marks import DEVICE_PLACED, fell_silent

CYCLING = Dashboard(
    uid="citygate-cycling",
    title="Cycling",
    about="How many people cycle here, at which hours, how fast, and is it becoming more?",
    thing="Counter",
    kinds=("bike-counter", "bike-link", "bike-dock"),
    marks=(DEVICE_PLACED, fell_silent("cycling")),
    parts=(
        Row("How many"),
        Panel(
            title="How many bicycles passed in this time?",
            about="All chosen counters together, calibrated; from the hourly totals, gaps filled in and marked in the data.",
            look="stat",
            queries=(Query(measurement="cycling_1h", fields=("bicycles",), function="sum", names=("bicycles",)),),
            reduce="sum",
            width=6,
            height=6,
        ),
        Panel(
            title="How many on an average day of the year?",
            about="Annual average of a day's bicycles (AADB) of each counter, as it stands at the last midnight. It needs some "
            "months of data before it says anything.",
            look="bar gauge",
            queries=(
                Query(
                    measurement="cycling_estimate", fields=("average_daily_bicycles",), function="last", by=("feature",)
                ),
            ),
            low=0,
            empty="Not enough days yet: it is said after three months with 19 counted hours a day.",
            width=9,
            height=6,
            look_back="90d",
        ),
        Panel(
            title="How much of the time did the counters count?",
            about="Share of each hour that is known, mean over this time. What is missing was filled in and is an estimate.",
            look="bar gauge",
            queries=(Query(measurement="cycling_1h", fields=("coverage_percent",), by=("feature",)),),
            low=0,
            high=100,
            steps=(Step(None, "vermilion", "too little is known"), Step(75, "blue", "enough is known")),
            width=9,
            height=6,
        ),
        Row("When"),
        Panel(
            title="When do people ride?",
            about="Bicycles per hour and counter. Two peaks on weekdays are commuters, one wide hill is leisure.",
            look="series",
            queries=(
                Query(
                    measurement="cycling_1h",
                    fields=("bicycles",),
                    function="sum",
                    by=("feature",),
                    every="$__interval",
                    fill="null",
                ),
            ),
            low=0,
            width=24,
            height=9,
            smallest_step="1h",
        ),
        Panel(
            title="Is it becoming more from day to day?",
            about="Bicycles per local day, all chosen counters on top of each other.",
            look="bars",
            queries=(
                Query(
                    measurement="cycling_1d",
                    fields=("bicycles",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            stacked=True,
            look_back="30d",
        ),
        Panel(
            title="What passed in the last hours, quarter by quarter?",
            about="Bicycles per quarter of an hour, as counted: nothing is filled in here.",
            look="bars",
            queries=(
                Query(
                    measurement="cycling_15m",
                    fields=("bicycles",),
                    function="sum",
                    by=("feature",),
                    every="15m",
                    fill="none",
                ),
            ),
            low=0,
            stacked=True,
            look_back="12h",
        ),
        Panel(
            title="Commuters or day trippers?",
            about="Weekday mornings over middays: well above 1 people ride to work and school. Told each Monday, after some weeks.",
            look="bar gauge",
            queries=(
                Query(measurement="cycling_estimate", fields=("commute_index",), function="last", by=("feature",)),
            ),
            low=0,
            empty="Told on a Monday, once there are some weeks of counts.",
            steps=(Step(None, "blue", "leisure"), Step(1, "orange", "commuters")),
            look_back="30d",
        ),
        Panel(
            title="Do more ride at the weekend?",
            about="Mean day of the weekend over mean weekday; above 1 the weekend is busier. Told each Monday.",
            look="bar gauge",
            queries=(
                Query(measurement="cycling_estimate", fields=("weekend_ratio",), function="last", by=("feature",)),
            ),
            low=0,
            empty="Told on a Monday, once there are some weeks of counts.",
            look_back="30d",
        ),
        Row("Roads and links, of a whole pilot"),
        Panel(
            title="How many cross the road, both directions together?",
            about="All counters across one road, per hour. A road needs a section in the details of its counters.",
            look="series",
            queries=(
                Query(
                    measurement="cycling_1h",
                    fields=("section_bicycles",),
                    function="sum",
                    by=("feature",),
                    every="$__interval",
                    fill="null",
                    scope="pilots",
                ),
            ),
            low=0,
            empty="No counter names a section.",
            smallest_step="1h",
        ),
        Panel(
            title="Which way do they ride?",
            about="Share that passed in forward direction, per local day: 50 % is both ways alike.",
            look="series",
            queries=(
                Query(
                    measurement="cycling_1d",
                    fields=("forward_percent",),
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="pilots",
                ),
            ),
            low=0,
            high=100,
            empty="No counter names a section and a direction.",
            look_back="30d",
        ),
    ),
)
