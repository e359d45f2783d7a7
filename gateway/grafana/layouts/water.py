"""Water: does a stream rise, does a pipe leak, is the water good."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step, Word
from gateway.grafana.layouts.marks import DEVICE_PLACED, FLOOD, fell_silent

FLOOD_WORDS = (
    Word("normal", "normal", "blue"),
    Word("alert", "ALERT", "orange"),
    Word("danger", "DANGER", "vermilion"),
)
LEAK = (Word("true", "LEAK", "vermilion"), Word("false", "over", "blue"))

WATER = Dashboard(
    uid="citygate-water",
    title="Water",
    about="Does the water rise, does a pipe leak, and can we believe the probes?",
    kinds=("water-level", "water-meter", "water-quality"),
    thing="Gauge",
    marks=(FLOOD, DEVICE_PLACED, fell_silent("water")),
    parts=(
        Row("Level"),
        Panel(
            title="How high is the water?",
            about="Cleaned level of each gauge above its datum: slips of the sensor are taken out. Thresholds differ by gauge; a mark says when one was passed.",
            look="series",
            queries=(
                Query(
                    measurement="water_estimate",
                    fields=("water_level_m",),
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            width=16,
            height=9,
        ),
        Panel(
            title="How fast does it rise?",
            about="Least squares over the last hour of each gauge, newest value. Below zero it falls.",
            look="bar gauge",
            queries=(
                Query(
                    measurement="water_estimate", fields=("water_level_rate_mm_h",), function="last", by=("feature",)
                ),
            ),
            steps=(
                Step(None, "blue", "falls or stands"),
                Step(50, "yellow", "rises"),
                Step(200, "vermilion", "rises fast: look at it"),
            ),
            width=8,
            height=9,
            look_back="6h",
        ),
        Panel(
            title="How long until the alert level?",
            about="If the water goes on rising so. Told only while it rises and for a day at most.",
            look="stat",
            queries=(
                Query(measurement="water_estimate", fields=("time_to_alert_min",), function="last", by=("feature",)),
            ),
            steps=(
                Step(None, "vermilion", "within the hour"),
                Step(60, "orange", "within six hours"),
                Step(360, "blue", "later"),
            ),
            empty="No gauge rises towards its alert level.",
            width=8,
            height=6,
            look_back="1h",
        ),
        Panel(
            title="Which thresholds were passed?",
            about="Changes of state of each gauge: two readings in a row beyond its threshold, or back below it with 5 cm to spare.",
            look="table",
            queries=(
                Query(
                    measurement="water_event",
                    fields=("flood_state",),
                    function="",
                    tags=("feature",),
                    where="\"flood_state\" != ''",
                    newest=50,
                ),
            ),
            words=FLOOD_WORDS,
            columns={"Time": "Since", "feature": "Gauge", "flood_state": "State"},
            empty="No threshold was passed in the last 30 days.",
            width=16,
            height=6,
            look_back="30d",
        ),
        Row("Use and leaks"),
        Panel(
            title="Does water run that nobody uses?",
            about="Leaks that are suspected: two nights above what the meter's leakless nights show, or water that never stands still for an hour within a day. Newest first; each is told when it is over.",
            look="table",
            queries=(
                Query(
                    measurement="water_event",
                    fields=("leak_suspected", "leak_sign"),
                    function="",
                    tags=("feature",),
                    where="\"leak_sign\" != ''",
                    newest=50,
                ),
            ),
            words=LEAK,
            columns={"Time": "Since", "feature": "Meter", "leak_suspected": "Leak", "leak_sign": "By"},
            empty="No leak was suspected in the last 30 days.",
            look_back="30d",
            width=24,
            height=6,
        ),
        Panel(
            title="How much runs at night?",
            about="The smaller of the mean flows of the hours from 2 to 4: what flows then is a leak or a habit.",
            look="series",
            queries=(
                Query(measurement="water_2h", fields=("night_flow_l_h",), by=("feature",), every="1h", fill="none"),
            ),
            low=0,
            look_back="30d",
            width=12,
        ),
        Panel(
            title="How much water is used?",
            about="Litres of each local day and meter, exact from its register.",
            look="bars",
            queries=(
                Query(
                    measurement="water_1d",
                    fields=("water_use_l",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            stacked=True,
            look_back="30d",
            width=12,
        ),
        Row("Quality"),
        Panel(
            title="Is the water sour?",
            about="Acidity as measured; 7 is neutral, and most surface water lies between 6.5 and 8.5.",
            look="series",
            queries=(Query(measurement="water", fields=("ph",), by=("feature",), every="$__interval", fill="none"),),
            steps=(Step(None, "orange", "sour"), Step(6.5, "blue", "usual"), Step(8.5, "orange", "alkaline")),
            width=8,
            smallest_step="15m",
        ),
        Panel(
            title="Is the water cloudy?",
            about="Turbidity as measured. It rises after rain; without rain somebody digs or discharges.",
            look="series",
            queries=(
                Query(
                    measurement="water", fields=("turbidity_ntu",), by=("feature",), every="$__interval", fill="none"
                ),
            ),
            low=0,
            width=8,
            smallest_step="15m",
        ),
        Panel(
            title="How warm is the water?",
            about="Temperature of the water; above 25 °C fish lack oxygen and blue-green algae grow.",
            look="series",
            queries=(
                Query(
                    measurement="water",
                    fields=("water_temperature_c",),
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            steps=(Step(None, "blue", "usual"), Step(25, "vermilion", "harmful to fish")),
            width=8,
            smallest_step="15m",
        ),
    ),
)
