"""The indicators that every pilot of a domain gets. To add one: a row; its terms are the vocabulary's properties."""

from pipelines.pilots.kpi import Kpi, Term
from pipelines.vocabulary import Domain

# fmt: off
KPIS: tuple[Kpi, ...] = (
    Kpi("parking-occupancy", Domain.PARKING, "How full the bays are", "%", "lower",
        Term("occupancy_percent", "mean")),
    Kpi("parking-turnover", Domain.PARKING, "Cars a bay serves in a day", "1", "higher",
        Term("turnover_per_bay", "mean")),
    Kpi("parking-overstay", Domain.PARKING, "Parkings longer than allowed", "%", "lower",
        Term("overstays"), Term("sessions"), factor=100),
    Kpi("parking-busy", Domain.PARKING, "Time with more than 85 % of the bays taken", "%", "lower",
        Term("busy_percent", "mean")),
    Kpi("parking-forecast", Domain.PARKING, "Error of the forecast, 10 minutes ahead (Brier)", "1", "lower",
        Term("brier_10min", "mean"), digits=3, level="process"),

    Kpi("waste-collections", Domain.WASTE, "Collections a day", "/d", "lower",
        Term("collected", "count"), watched="overflow_h", level="process"),
    Kpi("waste-taken", Domain.WASTE, "How full a container was when emptied", "%", "higher",
        Term("collected_percent"), Term("collected_percent", "count"), watched="overflow_h"),
    Kpi("waste-overflow", Domain.WASTE, "Hours a day that a container was overfull", "h", "lower",
        Term("overflow_h", "mean"), digits=2),
    Kpi("waste-forecast", Domain.WASTE, "Forecasts of time to full that held (80 is right, less under fixed rounds)",
        "%", "context", Term("time_to_full_held_percent", "mean"), level="process"),
    Kpi("waste-fires", Domain.WASTE, "Fires a day", "/d", "lower",
        Term("fire_alarm", "count"), watched="overflow_h", digits=3),

    Kpi("cycling-volume", Domain.CYCLING, "Bicycles a day, all counters", "{count}/d", "higher",
        Term("bicycles"), digits=0),
    Kpi("cycling-per-counter", Domain.CYCLING, "Bicycles a day at a counter", "{count}/d", "higher",
        Term("bicycles", "mean"), digits=0),
    Kpi("cycling-direction", Domain.CYCLING, "Share that passed in forward direction", "%", "context",
        Term("forward_percent", "mean")),
    Kpi("cycling-known", Domain.CYCLING, "Share of the day that was counted", "%", "higher",
        Term("coverage_percent", "mean"), level="process"),

    Kpi("mobility-people", Domain.MOBILITY, "People a day, all counters", "{count}/d", "context",
        Term("people"), digits=0),
    Kpi("mobility-vehicles", Domain.MOBILITY, "Motor vehicles a day, all counters", "{count}/d", "lower",
        Term("vehicles"), digits=0),
    Kpi("mobility-known", Domain.MOBILITY, "Share of the day that was counted", "%", "higher",
        Term("coverage_percent", "mean"), level="process"),

    Kpi("green-water", Domain.GREEN, "Water advised for a tree a day", "L", "lower",
        Term("water_advised_l", "mean"), level="input"),
    Kpi("green-saved", Domain.GREEN, "Water saved a day against the fixed schedule, all trees", "L", "higher",
        Term("water_saved_l"), watched="water_advised_l", digits=0),
    Kpi("green-thirst", Domain.GREEN, "Trees in very dry soil", "%", "lower",
        Term("soil_water_state:very_dry", "mean"), factor=100),
    Kpi("green-trusted", Domain.GREEN, "Soil sensors that can be believed", "%", "higher",
        Term("soil_sensor_check:ok", "mean"), factor=100, level="process"),

    Kpi("agri-depletion", Domain.AGRI, "Water that the root zone lacks", "mm", "lower",
        Term("soil_depletion_mm", "mean")),
    Kpi("agri-dry", Domain.AGRI, "Parcels in very dry soil", "%", "lower",
        Term("soil_water_state:very_dry", "mean"), factor=100),
    Kpi("agri-water", Domain.AGRI, "Water advised for a parcel a day", "L", "lower",
        Term("water_advised_l", "mean"), level="input", digits=0),

    Kpi("water-use", Domain.WATER, "Water used a day at a meter", "L", "lower", Term("water_use_l", "mean"), digits=0),
    Kpi("water-night", Domain.WATER, "Night flow at a meter", "L/h", "lower", Term("night_flow_l_h", "mean")),
    Kpi("water-leaks", Domain.WATER, "Leaks suspected a day", "/d", "lower",
        Term("leak_suspected", "count"), watched="water_use_l", digits=3),

    Kpi("energy-import", Domain.ENERGY, "Electricity drawn a day at a connection", "kW.h", "lower",
        Term("energy_import_interval_kwh", "mean")),
    Kpi("energy-own-use", Domain.ENERGY, "Share of the production used at home", "%", "higher",
        Term("self_consumption_percent", "mean")),
    Kpi("energy-own-make", Domain.ENERGY, "Share of the use that was home-made", "%", "higher",
        Term("self_sufficiency_percent", "mean")),
    Kpi("energy-peak", Domain.ENERGY, "Highest quarter of an hour of a day", "W", "lower",
        Term("peak_import_power_w", "mean"), digits=0),

    Kpi("air-clean-hours", Domain.AIR, "Hours a day of good or fair air", "h", "higher",
        Term("aqi_good_h", "mean", also=("aqi_fair_h",))),
    Kpi("air-bad-hours", Domain.AIR, "Hours a day of poor air or worse", "h", "lower",
        Term("aqi_poor_h", "mean", also=("aqi_very_poor_h", "aqi_extremely_poor_h"))),
    Kpi("air-ozone", Domain.AIR, "Highest 8-hour mean of ozone of a day", "ug/m3", "lower",
        Term("o3_max_8h_ug_m3", "mean")),

    Kpi("noise-lden", Domain.NOISE, "Day-evening-night level", "dB", "lower", Term("lden_db", "energy")),
    Kpi("noise-night", Domain.NOISE, "Level of the night", "dB", "lower", Term("ln_db", "energy")),
    Kpi("noise-events", Domain.NOISE, "How often a day it became loud", "/d", "lower", Term("loud_events", "mean")),

    Kpi("weather-heat", Domain.WEATHER, "Hours a day of heat stress (WBGT above 25 °C)", "h", "lower",
        Term("wbgt_above_25_h", "mean")),
    Kpi("weather-evaporation", Domain.WEATHER, "Reference evapotranspiration a day", "mm", "context",
        Term("et0_mm", "mean")),
    Kpi("weather-rain", Domain.WEATHER, "Rain a day", "mm", "context", Term("rain_mm", "mean")),

    Kpi("light-out", Domain.LIGHT, "Lamps that failed a day", "/d", "lower",
        Term("lamp_out", "count"), watched="burn_time_h", digits=2),
    Kpi("light-dark", Domain.LIGHT, "Hours of darkness without light, a lamp a day", "h", "lower",
        Term("dark_unlit_h", "mean"), digits=2),
    Kpi("light-wasted", Domain.LIGHT, "Hours that a lamp burns under the sun, a day", "h", "lower",
        Term("burn_in_daylight_h", "mean"), digits=2),

    Kpi("safety-tamper", Domain.SAFETY, "Devices meddled with a day", "/d", "lower",
        Term("tamper_alarm", "count"), watched="uplinks", digits=3),
    Kpi("safety-silent", Domain.SAFETY, "Times a day that a device fell silent", "/d", "lower",
        Term("silent", "count"), watched="uplinks", digits=3, level="process"),
    Kpi("safety-delivered", Domain.SAFETY, "Frames that arrived, of those sent", "%", "higher",
        Term("pdr_percent", "mean"), level="process"),
)
# fmt: on
