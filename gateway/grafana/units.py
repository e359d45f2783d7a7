"""UCUM, as the vocabulary writes units, in Grafana's words. One table; a test holds both sides complete."""

from pipelines.encodings.own_points import OWN_WORDS
from pipelines.vocabulary import PROPERTIES

GRAFANA_UNITS = {
    "1": "none",
    "%": "percent",
    "{count}": "short",
    "mm": "lengthmm",
    "m": "lengthm",
    "km": "lengthkm",
    "km/h": "velocitykmh",
    "m/s": "velocityms",
    "mm/h": "suffix:mm/h",
    "s": "s",
    "min": "m",
    "h": "h",
    "mo": "suffix:months",
    "/h": "suffix:/h",
    "%/d": "suffix:%/d",
    "{count}/d": "suffix:/d",
    "kPa": "pressurekpa",
    "hPa": "pressurehpa",
    "Cel": "celsius",
    "uS/cm": "suffix:µS/cm",
    "[ppm]": "ppm",
    "[ppb]": "conppb",
    "ug/m3": "conμgm3",
    "lx": "lux",
    "dB": "dB",
    "dB[mW]": "dBm",
    "deg": "degree",
    "W/m2": "Wm2",
    "W": "watt",
    "kW.h": "kwatth",
    "V": "volt",
    "A": "amp",
    "m3": "m3",
    "L": "litre",
    "L/h": "litreh",
    "[pH]": "suffix:pH",
    "[NTU]": "suffix:NTU",
    "[g]": "accG",
    "By": "bytes",
}
"""``suffix:`` is Grafana's way to write a unit that it has no id for."""


def grafana_unit(field: str) -> str:
    """The unit of a vocabulary term, or of a word that the gateway says of itself.

    Raises KeyError for an unknown term or a unit that the table lacks.
    """
    return GRAFANA_UNITS[(PROPERTIES.get(field) or OWN_WORDS[field]).unit]
