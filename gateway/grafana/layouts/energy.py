"""Energy and light: what the buildings draw, what their roofs give, which lamp is out."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Word
from gateway.grafana.layouts.marks import DEVICE_PLACED, fell_silent

OUT = (Word("true", "OUT", "vermilion"), Word("false", "burns again", "blue"))

ENERGY = Dashboard(
    uid="citygate-energy",
    title="Energy",
    about="How much do the buildings draw, how much of it is from their own roof, and which lamp is out?",
    kinds=("electricity-meter", "street-light"),
    thing="Meter",
    marks=(DEVICE_PLACED, fell_silent("energy")),
    parts=(
        Row("Electricity"),
        Panel(
            title="How much power do we draw now?",
            about="Active power as each meter sent it last. Below zero it feeds into the grid.",
            look="bar gauge",
            queries=(Query(measurement="energy", fields=("power_w",), function="last", by=("feature",)),),
            width=8,
            look_back="6h",
        ),
        Panel(
            title="When do we draw from the grid, and when do we feed it?",
            about="Energy of each quarter of an hour, all chosen meters together, exact from their registers. Drawn and fed in are never netted first.",
            look="bars",
            queries=(
                Query(
                    measurement="energy_15m",
                    fields=("energy_import_interval_kwh",),
                    function="sum",
                    every="$__interval",
                    fill="none",
                    names=("drawn",),
                ),
                Query(
                    measurement="energy_15m",
                    fields=("energy_export_interval_kwh",),
                    function="sum",
                    every="$__interval",
                    fill="none",
                    names=("fed in",),
                ),
            ),
            low=0,
            smallest_step="15m",
            width=16,
        ),
        Panel(
            title="How much does each day take?",
            about="Drawn from the grid by local day and meter.",
            look="bars",
            queries=(
                Query(
                    measurement="energy_1d",
                    fields=("energy_import_interval_kwh",),
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
            title="How high is the peak of the day?",
            about="Mean power of the highest whole quarter of an hour of each local day: what a capacity tariff charges.",
            look="series",
            queries=(
                Query(
                    measurement="energy_1d",
                    fields=("peak_import_power_w",),
                    function="max",
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            look_back="30d",
        ),
        Row("Own power, by building of a whole pilot"),
        Panel(
            title="How much of our own power do we use ourselves?",
            about="Self-consumption of each connection by local day: share of the production that was used at home.",
            look="series",
            queries=(
                Query(
                    measurement="energy_1d",
                    fields=("self_consumption_percent",),
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="pilots",
                ),
            ),
            low=0,
            high=100,
            look_back="30d",
        ),
        Panel(
            title="How much of our use is home-made?",
            about="Self-sufficiency of each connection by local day: share of the use that its own production covered.",
            look="series",
            queries=(
                Query(
                    measurement="energy_1d",
                    fields=("self_sufficiency_percent",),
                    by=("feature",),
                    every="1d",
                    fill="none",
                    scope="pilots",
                ),
            ),
            low=0,
            high=100,
            look_back="30d",
        ),
        Row("Street light"),
        Panel(
            title="Which lamps are out?",
            about="A lamp that is switched on and draws no power, twice in a row. Newest first; told again when it burns.",
            look="table",
            queries=(
                Query(
                    measurement="light_event",
                    fields=("lamp_out",),
                    function="",
                    tags=("feature",),
                    where='("lamp_out" = true OR "lamp_out" = false)',
                    newest=50,
                ),
            ),
            words=OUT,
            columns={"Time": "Since", "feature": "Lamp", "lamp_out": "State"},
            empty="No lamp went out in the last 30 days.",
            width=8,
            look_back="30d",
        ),
        Panel(
            title="Do lamps burn in daylight?",
            about="Hours that a lamp was on under the sun, by local day: a clock that is wrong, or a sensor that is dirty.",
            look="bars",
            queries=(
                Query(
                    measurement="light_1d",
                    fields=("burn_in_daylight_h",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            stacked=True,
            width=8,
            look_back="30d",
        ),
        Panel(
            title="Is it dark where it should be light?",
            about="Hours without sun that a lamp was off, by local day. Lamps that are dimmed at night by plan count too.",
            look="bars",
            queries=(
                Query(
                    measurement="light_1d",
                    fields=("dark_unlit_h",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            stacked=True,
            width=8,
            look_back="30d",
        ),
    ),
)
