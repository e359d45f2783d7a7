"""Watering: which trees are thirsty, how many litres the next round takes, what was saved."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step, Word
from gateway.grafana.layouts.marks import DEVICE_PLACED, fell_silent

ROUND = "watering-round"
SOIL = (
    Word("saturated", "saturated", "purple"),
    Word("wet", "wet", "blue"),
    Word("moist", "moist", "sky"),
    Word("dry", "dry", "orange"),
    Word("very_dry", "very dry", "vermilion"),
)
ADVICE = (
    Word("water", "water", "vermilion"),
    Word("wait", "wait", "blue"),
    Word("rained", "rain did it", "sky"),
    Word("unknown", "sensor not believed", "grey"),
)
BELIEVED = (
    Word("ok", "believed", "blue"),
    Word("stuck", "stands still", "vermilion"),
    Word("no_rain_response", "deaf to rain", "orange"),
    Word("follows_temperature", "measures warmth", "purple"),
)

WATERING = Dashboard(
    uid="citygate-watering",
    title="Watering",
    about="Which trees need water today, how many litres, and what did we save against the fixed round?",
    kinds=("tree", "parcel"),
    thing="Tree",
    marks=(DEVICE_PLACED, fell_silent("green")),
    back="now-30d",
    parts=(
        Row("Today"),
        Panel(
            title="What does each tree need today?",
            about="The advice for each local day. Water: the root zone has lost half of what it holds. Rain did it: it was dry, but rain has made it good. Made at midnight.",
            look="states",
            queries=(
                Query(
                    measurement="green_1d",
                    fields=("watering_advice",),
                    function="last",
                    by=("feature",),
                    every="1d",
                    fill="previous",
                ),
            ),
            words=ADVICE,
            width=12,
            height=9,
            look_back="14d",
        ),
        Panel(
            title="How many litres does each round take?",
            about="Litres advised for all trees of an area together, by local day. Areas are those of the device files.",
            look="bars",
            queries=(
                Query(
                    measurement="green_1d",
                    fields=("water_advised_l",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="areas",
                    area_of=ROUND,
                ),
            ),
            low=0,
            stacked=True,
            width=12,
            height=9,
        ),
        Row("The soil"),
        Panel(
            title="How wet is the root zone?",
            about="In one word, by local day: from the share of the water that plants can use.",
            look="states",
            queries=(
                Query(
                    measurement="green_1d",
                    fields=("soil_water_state",),
                    function="last",
                    by=("feature",),
                    every="1d",
                    fill="previous",
                ),
            ),
            words=SOIL,
            width=12,
            height=9,
        ),
        Panel(
            title="How much water does the soil lack?",
            about="Millimetres to field capacity; one millimetre is one litre on a square metre. From the last reading of each local day, the drier of two sensors.",
            look="series",
            queries=(
                Query(measurement="green_1d", fields=("soil_depletion_mm",), by=("feature",), every="1d", fill="none"),
            ),
            low=0,
            height=9,
        ),
        Panel(
            title="What do the sensors measure?",
            about="Water in the soil, per cent of volume, as sent. A step up is rain or a watering can.",
            look="series",
            queries=(
                Query(
                    measurement="green",
                    fields=("soil_moisture_percent",),
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            low=0,
            smallest_step="1h",
        ),
        Panel(
            title="How warm is the soil?",
            about="Temperature at the sensor. Below freezing the moisture reads too low: ice is not seen.",
            look="series",
            queries=(
                Query(
                    measurement="green",
                    fields=("soil_temperature_c",),
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            steps=(Step(None, "sky", "frost: do not read the moisture"), Step(0, "blue", "usual")),
            smallest_step="1h",
        ),
        Row("Was it worth it"),
        Panel(
            title="How much water did we save?",
            about="Litres not given that the fixed schedule would have, on the days of the schedule. Below zero it was too dry for the schedule.",
            look="bars",
            queries=(
                Query(
                    measurement="green_1d",
                    fields=("water_saved_l",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="areas",
                    area_of=ROUND,
                ),
            ),
            stacked=True,
            width=12,
        ),
        Panel(
            title="Can we believe the sensors?",
            about="A sensor that stands still for a week, does not answer to rain, or swings with the warmth of the soil is not believed, and gives no advice.",
            look="states",
            queries=(
                Query(
                    measurement="green_1d",
                    fields=("soil_sensor_check",),
                    function="last",
                    by=("feature",),
                    every="1d",
                    fill="previous",
                ),
            ),
            words=BELIEVED,
            width=12,
        ),
    ),
)
