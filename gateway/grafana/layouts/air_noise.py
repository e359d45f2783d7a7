"""Air, noise and heat: can one breathe, sleep and work outside; against the limits of the law."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step, Word
from gateway.grafana.layouts.marks import DEVICE_PLACED

BANDS = (
    Word("good", "good", "sky"),
    Word("fair", "fair", "green"),
    Word("moderate", "moderate", "yellow"),
    Word("poor", "poor", "orange"),
    Word("very-poor", "very poor", "vermilion"),
    Word("extremely-poor", "extremely poor", "purple"),
)
LIMIT_2030 = "limit of a day from 2030, Directive (EU) 2024/2881: not on more than 18 days a year"


def hourly(field: str, title: str, about: str, limit: float | None, meaning: str) -> Panel:
    """One pollutant by the hour and station."""
    return Panel(
        title=title,
        about=about,
        look="series",
        queries=(Query(measurement="air_1h", fields=(field,), by=("feature",), every="$__interval", fill="none"),),
        low=0,
        steps=()
        if limit is None
        else (Step(None, "blue", "below the limit of a day"), Step(limit, "vermilion", meaning)),
        smallest_step="1h",
        width=12,
    )


AIR_NOISE = Dashboard(
    uid="citygate-air-noise",
    title="Air and noise",
    about="Is the air good now, how loud is it at night, and do we keep the limits?",
    kinds=("air-station", "noise-station", "weather-station"),
    thing="Station",
    marks=(DEVICE_PLACED,),
    parts=(
        Row("Air"),
        Panel(
            title="How good is the air, hour by hour?",
            about="European air quality index of each station: the worst pollutant counts. By hours of which 45 minutes are known.",
            look="states",
            queries=(
                Query(
                    measurement="air_1h",
                    fields=("aqi_band",),
                    function="last",
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            words=BANDS,
            smallest_step="1h",
            width=24,
            height=6,
        ),
        hourly(
            "pm25_ug_m3",
            "How much fine dust (PM2.5) is there?",
            "Hourly means. Cheap sensors read too high in fog: above 90 % humidity the value is marked suspect in the data.",
            25,
            LIMIT_2030,
        ),
        hourly(
            "pm10_ug_m3",
            "How much coarse dust (PM10) is there?",
            "Hourly means of particles up to 10 µm.",
            45,
            LIMIT_2030,
        ),
        hourly(
            "no2_ug_m3",
            "How much nitrogen dioxide comes from traffic?",
            "Hourly means; highest beside busy roads in the rush hours.",
            50,
            LIMIT_2030,
        ),
        Panel(
            title="How high is ozone over eight hours?",
            about="Means of eight hours, told each hour. Ozone is highest on hot afternoons, away from traffic.",
            look="series",
            queries=(
                Query(measurement="air_8h", fields=("o3_ug_m3",), by=("feature",), every="$__interval", fill="none"),
            ),
            low=0,
            steps=(
                Step(None, "blue", "below the target"),
                Step(120, "vermilion", "target value: not on more than 18 days a year"),
            ),
            smallest_step="1h",
        ),
        Panel(
            title="How many hours of each day were good?",
            about="Hours of each local day in each band of the index, mean of the chosen stations.",
            look="bars",
            queries=tuple(
                Query(measurement="air_1d", fields=(f"aqi_{band}_h",), every="1d", fill="none", names=(word,))
                for band, word in (
                    ("good", "good"),
                    ("fair", "fair"),
                    ("moderate", "moderate"),
                    ("poor", "poor"),
                    ("very_poor", "very poor"),
                    ("extremely_poor", "extremely poor"),
                )
            ),
            low=0,
            words=BANDS,
            stacked=True,
            look_back="30d",
        ),
        Panel(
            title="Do we know enough to say so?",
            about="Share of each hour that the air sensors cover. Below 75 % nothing is said of an hour.",
            look="series",
            queries=(
                Query(
                    measurement="air_1h",
                    fields=("coverage_percent",),
                    by=("feature",),
                    every="$__interval",
                    fill="none",
                ),
            ),
            low=0,
            high=100,
            steps=(Step(None, "vermilion", "too little is known"), Step(75, "blue", "enough is known")),
            smallest_step="1h",
        ),
        Row("Noise"),
        Panel(
            title="How loud is it now?",
            about="Mean sound level of the newest hour, A-weighted.",
            look="bar gauge",
            queries=(Query(measurement="noise_1h", fields=("laeq_db",), function="last", by=("feature",)),),
            low=30,
            high=90,
            steps=(
                Step(None, "blue", "quiet"),
                Step(55, "yellow", "annoying at night"),
                Step(70, "vermilion", "loud: harms health in the long run"),
            ),
            width=8,
            look_back="2d",
        ),
        Panel(
            title="When is it loud?",
            about="Energy mean of each hour, A-weighted: three decibels more is twice the sound energy.",
            look="series",
            queries=(
                Query(measurement="noise_1h", fields=("laeq_db",), by=("feature",), every="$__interval", fill="none"),
            ),
            steps=(Step(None, "blue", "quiet"), Step(55, "yellow", "annoying at night"), Step(70, "vermilion", "loud")),
            width=16,
            smallest_step="1h",
        ),
        Panel(
            title="How loud are day, evening and night?",
            about="Levels of the parts of each local day (7, 19, 23 h) and their weighted sum Lden, mean of the chosen stations. The WHO advises less than 53 dB Lden of road traffic.",
            look="series",
            queries=tuple(
                Query(measurement="noise_1d", fields=(field,), every="1d", fill="none", names=(word,))
                for field, word in (("ld_db", "day"), ("le_db", "evening"), ("ln_db", "night"), ("lden_db", "Lden"))
            ),
            look_back="30d",
        ),
        Panel(
            title="How often did it become loud?",
            about="Events from 70 dB on (loud_db of the pilot's settings), by local day.",
            look="bars",
            queries=(
                Query(
                    measurement="noise_1d",
                    fields=("loud_events",),
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
        Row("Heat and rain"),
        Panel(
            title="Can one work outside?",
            about="Wet bulb globe temperature by the hour. Where no globe is measured it is an estimate, and marked so.",
            look="series",
            queries=(
                Query(measurement="weather_1h", fields=("wbgt_c",), by=("feature",), every="$__interval", fill="none"),
            ),
            steps=(
                Step(None, "blue", "usual"),
                Step(25, "yellow", "rest and drink more"),
                Step(29, "vermilion", "no heavy work"),
            ),
            smallest_step="1h",
        ),
        Panel(
            title="How much did it rain?",
            about="Rain of each local day and station, exact from the gauge's own total.",
            look="bars",
            queries=(
                Query(
                    measurement="weather_1d",
                    fields=("rain_mm",),
                    function="sum",
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            look_back="30d",
        ),
    ),
)
