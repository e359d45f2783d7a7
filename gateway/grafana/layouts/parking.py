"""Parking: where is a free bay now, when is the street full, who stays too long."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step, Word
from gateway.grafana.layouts.marks import DEVICE_PLACED, fell_silent

STREET = "street-parking"
FULLNESS = (
    Step(None, "blue", "easy to find a bay"),
    Step(70, "yellow", "a driver begins to search"),
    Step(85, "vermilion", "full for who arrives: above 85 % drivers circle"),
)
CHANCE = (
    Step(None, "vermilion", "go elsewhere"),
    Step(50, "yellow", "about even"),
    Step(80, "blue", "go there"),
)
TAKEN = (Word("true", "taken", "vermilion"), Word("false", "free", "blue"))

PARKING = Dashboard(
    uid="citygate-parking",
    title="Parking",
    about="Where is a bay free, now and in a quarter of an hour? How are the bays used, and who stays too long?",
    thing="Bay",
    kinds=("parking-spot",),
    marks=(fell_silent("parking"), DEVICE_PLACED),
    parts=(
        Row("Now"),
        Panel(
            title="How many bays are free in each street?",
            about="Bays that everybody may use, by the newest word of each sensor; a street is an area of the device files.",
            look="bar gauge",
            queries=(
                Query(
                    measurement="parking_estimate",
                    fields=("bays_free",),
                    function="last",
                    by=("feature",),
                    scope="areas",
                    area_of=STREET,
                ),
            ),
            low=0,
            width=8,
            look_back="6h",
        ),
        Panel(
            title="Will a bay be free when I arrive in 10 minutes?",
            about="Chance of at least one free bay on arrival, from the taken bays now and the rates of this hour of the week.",
            look="bar gauge",
            queries=(
                Query(
                    measurement="parking_estimate",
                    fields=("free_in_10min_percent",),
                    function="last",
                    by=("feature",),
                    scope="areas",
                    area_of=STREET,
                ),
            ),
            low=0,
            high=100,
            steps=CHANCE,
            width=8,
            look_back="6h",
        ),
        Panel(
            title="Which bays are taken, and since when?",
            about="One line a bay; each change is what its sensor sent. A bay without colour has not been heard in this time.",
            look="states",
            queries=(
                Query(
                    measurement="parking",
                    fields=("occupied",),
                    function="last",
                    by=("feature",),
                    every="$__interval",
                    fill="previous",
                ),
            ),
            words=TAKEN,
            width=8,
            look_back="6h",
        ),
        Row("Over time"),
        Panel(
            title="How full are the streets through the day?",
            about="Share of bay-time that was taken in each quarter of an hour, worked out from the bays' states once it is "
            "certain that no frame was lost.",
            look="series",
            queries=(
                Query(
                    measurement="parking_15m",
                    fields=("occupancy_percent",),
                    by=("feature",),
                    every="$__interval",
                    fill="null",
                    scope="areas",
                    area_of=STREET,
                ),
            ),
            low=0,
            high=100,
            steps=FULLNESS,
            width=24,
            height=9,
            smallest_step="15m",
        ),
        Panel(
            title="How much of each quarter do we know?",
            about="Share of the quarter of an hour that the bays' sensors cover. Below 75 % read the occupancy with care.",
            look="series",
            queries=(
                Query(
                    measurement="parking_15m",
                    fields=("coverage_percent",),
                    by=("feature",),
                    every="$__interval",
                    fill="null",
                    scope="areas",
                    area_of=STREET,
                ),
            ),
            low=0,
            high=100,
            steps=(Step(None, "vermilion", "too little is known"), Step(75, "blue", "enough is known")),
            smallest_step="15m",
        ),
        Panel(
            title="How good are the forecasts?",
            about="Brier score of the chance of a free bay: mean squared error, 0 is perfect, 0.25 is a coin. By local day.",
            look="series",
            queries=tuple(
                Query(
                    measurement="parking_1d",
                    fields=(f"brier_{minutes}min",),
                    every="1d",
                    fill="none",
                    scope="areas",
                    area_of=STREET,
                    names=(f"{minutes} min ahead",),
                )
                for minutes in (5, 15, 30)
            ),
            low=0,
            look_back="30d",
        ),
        Row("How the bays are used, by local day"),
        Panel(
            title="How many cars does a bay serve in a day?",
            about="Parkings that ended, seen from begin to end, per bay of the street.",
            look="bars",
            queries=(
                Query(
                    measurement="parking_1d",
                    fields=("turnover_per_bay",),
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="areas",
                    area_of=STREET,
                ),
            ),
            low=0,
            width=8,
            look_back="30d",
        ),
        Panel(
            title="How long does a car stay?",
            about="Mean stay of the parkings that ended that day.",
            look="series",
            queries=(
                Query(
                    measurement="parking_1d",
                    fields=("mean_stay_min",),
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="areas",
                    area_of=STREET,
                ),
            ),
            low=0,
            width=8,
            look_back="30d",
        ),
        Panel(
            title="How many stay longer than they may?",
            about="Parkings beyond the rule of their bay and its tolerance, by day. Bays without a rule are not counted.",
            look="bars",
            queries=(
                Query(
                    measurement="parking_1d",
                    fields=("overstays",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="areas",
                    area_of=STREET,
                ),
            ),
            low=0,
            stacked=True,
            width=8,
            look_back="30d",
        ),
        Panel(
            title="Which cars overstayed last?",
            about="The newest parkings that ended beyond the rule of their bay, and by how much. No car is known: only a bay.",
            look="table",
            queries=(
                Query(
                    measurement="parking_event",
                    fields=("overstay_min",),
                    function="",
                    tags=("feature", "pilot"),
                    where='"overstay_min" > 0',
                    newest=50,
                ),
            ),
            columns={"Time": "Until", "feature": "Bay", "pilot": "Pilot", "overstay_min": "Too long by"},
            empty="Nobody overstayed in this time.",
            width=24,
        ),
    ),
)
