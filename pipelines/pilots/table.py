"""The indicators that every pilot of a domain gets. To add one: a row; its terms are the vocabulary's properties."""

from pipelines.pilots.kpi import Kpi, Term
from pipelines.vocabulary import Domain

# fmt: off
KPIS: tuple[Kpi, ...] = (
    Kpi(
        "parking-occupancy", Domain.PARKING, "How full the bays are", "%", "lower", Term("occupancy_percent", "mean")
    ),
    Kpi(
        "parking-turnover", Domain.PARKING, "Cars a bay serves in a day", "1", "higher",
        Term("turnover_per_bay", "mean"),
    ),
    Kpi(
        "parking-overstay", Domain.PARKING, "Parkings longer than allowed", "%", "lower",
        Term("overstays"), Term("sessions"), factor=100,
    ),
    Kpi(
        "parking-busy", Domain.PARKING, "Time with more than 85 % of the bays taken", "%", "lower",
        Term("busy_percent", "mean"),
    ),
    Kpi(
        "parking-forecast", Domain.PARKING, "Error of the forecast, 10 minutes ahead (Brier)", "1", "lower",
        Term("brier_10min", "mean"), digits=3, level="process",
    ),
)
# fmt: on
