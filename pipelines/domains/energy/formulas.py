"""How much of its own power a building uses. Pure; sources with each formula."""


def self_consumption(produced_kwh: float, exported_kwh: float) -> float | None:
    """Share of what was produced that was used at home: ``(produced - exported) / produced``; None without production.

    Source: Luthander et al., "Photovoltaic self-consumption in buildings: A review", Applied Energy 142 (2015), eq. 3.
    """
    return (produced_kwh - exported_kwh) / produced_kwh if produced_kwh > 0 else None


def self_sufficiency(imported_kwh: float, produced_kwh: float, exported_kwh: float) -> float | None:
    """Share of the use that was home-made: ``(produced - exported) / (imported + produced - exported)``.

    None where nothing was used. Source: as above, eq. 4.
    """
    used_kwh = imported_kwh + produced_kwh - exported_kwh
    return (produced_kwh - exported_kwh) / used_kwh if used_kwh > 0 else None
