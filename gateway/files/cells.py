"""Text of a cell ▸ number, place, time, local name: the ways people in Europe write them. Pure functions."""

import re
import unicodedata
from datetime import UTC, date, datetime

LonLat = tuple[float, float]

_DMS = re.compile(
    r"(\d{1,3})\s*°\s*(?:(\d{1,2})\s*['\u2032]\s*)?(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|\u2033|'')\s*)?([NSEWO])?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_COMMA_NUMBER = re.compile(r"-?\d+,\d+")
_WKT = re.compile(r"^POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)", re.IGNORECASE)
_DATE_FORMS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%d.%m.%Y %H:%M")


def number_of(text: str) -> float:
    """``4,4777`` and ``4.4777`` are the same; ``51° 1' 33.2" N`` is 51.0259. Raises ValueError."""
    text = text.strip()
    if "°" in text and (found := _DMS.search(text)):
        degrees, minutes, seconds, side = found.groups()
        value = int(degrees) + int(minutes or 0) / 60 + float((seconds or "0").replace(",", ".")) / 3600
        return -value if text.startswith("-") or (side or "").upper() in ("S", "W") else value
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text.rstrip("°").replace("\u2212", "-").replace(" ", ""))
    except ValueError:
        raise ValueError(f"'{text[:40]}' is not a number") from None


def place_of(text: str) -> LonLat:
    """Both coordinates in one cell, latitude first as people write it, or WKT. Raises ValueError."""
    if point := _WKT.match(text.strip()):
        return float(point[1]), float(point[2])
    if "°" in text:
        parts = [found[0] for found in _DMS.finditer(text)]
        numbers = [number_of(part) for part in parts]
        if len(parts) == 2 and parts[0].strip()[-1:].upper() in "EWO":  # noqa: PLR2004 - a pair
            numbers.reverse()
    elif len(_COMMA_NUMBER.findall(text)) == 2 and "." not in text:  # noqa: PLR2004 - decimal commas: 51,02; 4,47
        numbers = [number_of(part) for part in _COMMA_NUMBER.findall(text)]
    else:
        numbers = [float(part) for part in _NUMBER.findall(text)]
    if len(numbers) != 2:  # noqa: PLR2004 - a pair
        raise ValueError(f"'{text[:40]}' is not a pair of coordinates")
    return numbers[1], numbers[0]


def is_place(text: str) -> bool:
    """Does the cell hold a pair of coordinates, and nothing a name could be?"""
    try:
        longitude, latitude = place_of(text)
    except ValueError:
        return False
    letters = sum(letter.isalpha() for letter in text)
    is_degrees = abs(longitude) <= 180 and abs(latitude) <= 90  # noqa: PLR2004 - degrees
    return is_degrees and letters <= len("POINT") and any(sign in text for sign in ".,°")


def time_of(text: str) -> datetime:
    """An ISO time, or day/month/year; without a zone it is UTC. Raises ValueError."""
    text = text.strip()
    try:
        instant = datetime.fromisoformat(text) if len(text) > len("2027-01-31") else _midnight(date.fromisoformat(text))
    except ValueError:
        instant = _european(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _european(text: str) -> datetime:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"'{text[:40]}' is not a date; write 2027-01-31")


def local_name(text: str) -> str:
    """A name as the last part of a feature: ``Grote Markt, vak 3`` is ``Grote-Markt-vak-3``. May be empty."""
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return re.sub(r"[^A-Za-z0-9._~]+", "-", bare).strip("-.")[:64].rstrip("-.")
