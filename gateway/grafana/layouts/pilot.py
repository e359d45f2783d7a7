"""One pilot at a glance: where its things stand, whether they are heard, and what every domain says in one number."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step
from gateway.grafana.layouts.marks import COLLECTED, DEVICE_PLACED

NOTHING = "Nothing of this in the chosen pilots."
FULL = (Step(None, "blue", "room enough"), Step(70, "yellow", "filling up"), Step(85, "vermilion", "full"))


def result(title: str, about: str, query: Query, *, steps: tuple[Step, ...] = (), back: str = "2d") -> Panel:
    """One number of one domain, of the newest day."""
    return Panel(
        title=title,
        about=about,
        look="stat",
        queries=(query,),
        steps=steps,
        empty=NOTHING,
        width=6,
        height=5,
        look_back=back,
    )


PILOT = Dashboard(
    uid="citygate-pilot",
    title="Pilot",
    about="Is the pilot well: do we hear its devices, do we know enough, and what does it tell?",
    variables=("city", "pilot", "area", "feature"),
    marks=(COLLECTED, DEVICE_PLACED),
    parts=(
        Row("Is it well"),
        Panel(
            title="How many devices are written down?",
            about="Devices of the chosen pilots and areas in the files in force.",
            look="stat",
            queries=(
                Query(
                    measurement="inventory",
                    fields=("profile",),
                    function="count",
                    inner=Query(measurement="inventory", fields=("profile",), function="last", by=("device",)),
                ),
            ),
            counts=True,
            look_back="2d",
            width=6,
            height=6,
        ),
        Panel(
            title="How many were heard in a day?",
            about="LoRaWAN devices of which a frame came in the last 24 hours. Fewer than are written down: see device health.",
            look="stat",
            queries=(
                Query(
                    measurement="lorawan",
                    fields=("f_cnt",),
                    function="count",
                    inner=Query(measurement="lorawan", fields=("f_cnt",), function="last", by=("device",)),
                ),
            ),
            counts=True,
            look_back="24h",
            width=6,
            height=6,
        ),
        Panel(
            title="How many are silent now, by domain?",
            about="Devices that fell silent and have not spoken since, in the last 30 days. How long a silence may last is learnt from each device.",
            look="bar gauge",
            queries=(
                Query(
                    measurement="/_event$/",
                    fields=("silent",),
                    function="count",
                    where='"silent" = true',
                    alias="$m",
                    inner=Query(measurement="/_event$/", fields=("silent",), function="last", by=("feature",)),
                ),
            ),
            counts=True,
            low=0,
            empty="No device is silent.",
            steps=(Step(None, "blue", "none"), Step(1, "orange", "look at device health")),
            look_back="30d",
            width=12,
            height=6,
        ),
        Panel(
            title="Where do its things stand?",
            about="Every device with a position, as the device files place it; its newest record counts.",
            look="map",
            queries=(
                Query(
                    measurement="inventory",
                    fields=("latitude_deg", "longitude_deg", "name"),
                    function="last",
                    by=("feature", "device"),
                    names=("latitude", "longitude", "name"),
                ),
            ),
            look_back="7d",
            width=12,
            height=11,
        ),
        Panel(
            title="How many frames arrive?",
            about="LoRaWAN frames of each pilot. A step down is a dead LoRa gateway or a network server in trouble.",
            look="series",
            queries=(
                Query(
                    measurement="lorawan",
                    fields=("f_cnt",),
                    function="count",
                    by=("pilot",),
                    every="$__interval",
                    fill="0",
                ),
            ),
            counts=True,
            low=0,
            smallest_step="1h",
            width=12,
            height=11,
        ),
        Panel(
            title="What share of the frames reaches us?",
            about="Frames received of the frames sent (by the frame counter), mean of the devices by domain and local day.",
            look="series",
            queries=(
                Query(
                    measurement="/_1d$/", fields=("pdr_percent",), every="1d", fill="none", scope="things", alias="$m"
                ),
            ),
            high=100,
            steps=(Step(None, "vermilion", "too many are lost"), Step(90, "blue", "well")),
            look_back="30d",
            width=24,
            height=8,
        ),
        Row("What it tells"),
        result(
            "How full are the streets?",
            "Share of bay-time that was taken in the newest quarter of an hour that is certain, mean of the streets.",
            Query(
                measurement="parking_15m",
                fields=("occupancy_percent",),
                every="15m",
                fill="none",
                scope="pilots",
                names=("taken",),
            ),
            steps=FULL,
        ),
        result(
            "How full is the fullest bin?",
            "Highest of the cleaned fill levels in the newest three hours.",
            Query(
                measurement="waste_estimate",
                fields=("fill_level_clean_percent",),
                function="max",
                every="3h",
                fill="none",
                names=("fullest",),
            ),
            steps=FULL,
        ),
        result(
            "How many bicycles pass in a day?",
            "The newest local day, all counters together.",
            Query(
                measurement="cycling_1d",
                fields=("bicycles",),
                function="sum",
                every="1d",
                fill="none",
                names=("bicycles",),
            ),
            back="3d",
        ),
        result(
            "How many people pass in a day?",
            "The newest local day, all counters of people together.",
            Query(
                measurement="mobility_1d",
                fields=("people",),
                function="sum",
                every="1d",
                fill="none",
                names=("people",),
            ),
            back="3d",
        ),
        result(
            "How many litres do the trees need?",
            "Advised for the newest local day, all rounds together.",
            Query(
                measurement="green_1d",
                fields=("water_advised_l",),
                function="sum",
                every="1d",
                fill="none",
                scope="areas",
                area_of="watering-round",
                names=("litres",),
            ),
            back="3d",
        ),
        result(
            "How much fine dust is in the air?",
            "PM2.5 of the newest hour, mean of the stations.",
            Query(measurement="air_1h", fields=("pm25_ug_m3",), every="1h", fill="none", names=("PM2.5",)),
            steps=(Step(None, "blue", "below the limit of a day"), Step(25, "vermilion", "limit of a day from 2030")),
        ),
        result(
            "How loud are day and night together?",
            "Lden of the newest local day, mean of the stations.",
            Query(measurement="noise_1d", fields=("lden_db",), every="1d", fill="none", names=("Lden",)),
            steps=(
                Step(None, "blue", "quiet"),
                Step(53, "yellow", "above what the WHO advises"),
                Step(70, "vermilion", "loud"),
            ),
            back="3d",
        ),
        result(
            "How much water goes in a day?",
            "The newest local day, all meters together.",
            Query(
                measurement="water_1d",
                fields=("water_use_l",),
                function="sum",
                every="1d",
                fill="none",
                names=("litres",),
            ),
            back="3d",
        ),
        result(
            "How much electricity does a day take?",
            "Drawn from the grid in the newest local day, all meters together.",
            Query(
                measurement="energy_1d",
                fields=("energy_import_interval_kwh",),
                function="sum",
                every="1d",
                fill="none",
                names=("drawn",),
            ),
            back="3d",
        ),
        result(
            "How high is the highest water?",
            "Highest cleaned level of the newest hour above its own datum.",
            Query(
                measurement="water_estimate",
                fields=("water_level_m",),
                function="max",
                every="1h",
                fill="none",
                names=("highest",),
            ),
        ),
        result(
            "How long do the street lights burn?",
            "Hours in the newest local day, mean of the lamps.",
            Query(measurement="light_1d", fields=("burn_time_h",), every="1d", fill="none", names=("hours",)),
            back="3d",
        ),
        result(
            "How much did it rain?",
            "The newest local day, mean of the stations.",
            Query(measurement="weather_1d", fields=("rain_mm",), every="1d", fill="none", names=("rain",)),
            back="3d",
        ),
    ),
)
