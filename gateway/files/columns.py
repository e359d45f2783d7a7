"""Which column of somebody's device list means what? By its name in English, Dutch, French or German, then by content.

A guess is shown before anything is written; ``--column id=Serial`` overrules it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from gateway.files.device_list import DeviceList
from gateway.files.devices import canonical_id

MEANINGS: Mapping[str, tuple[str, ...]] = {
    meaning: tuple(words.split())
    for meaning, words in {
        "id": """
            deveui eui deviceeui lorawandeveui sensoreui hardwareserial hardwareid deviceid devid id nodeid
            apparaatid sensorid sensornummer toestelid geraeteid geraetid geratid identifiantcapteur idcapteur
            identifiant serial serialnumber serienummer seriennummer numerodeserie nserie
            """,
        "name": """
            name devicename naam apparaatnaam sensornaam nom nomducapteur label bezeichnung geraetename sensorname
            omschrijving description beschrijving beschreibung titel title
            """,
        "feature": """
            feature featureofinterest asset assetid object objectid spot bay bayid parkingspot parkeerplaats parkeervak
            vaknummer vak place emplacement stellplatz parkplatz container containerid containernummer bin binid bac
            numerobac behaelter behalter tree treeid boom boomnummer arbre baum baumnummer meetpunt messpunt messstelle
            pointdemesure location locatie standort lieu plaats site locationid
            """,
        "area": """
            area zone street straat straatnaam rue strasse district wijk buurt quartier stadtteil gebied secteur bereich
            """,
        "latitude": "latitude lat breedtegraad breedte breitengrad breite geolat gpslat ycoord y",
        "longitude": """
            longitude lon lng long lengtegraad lengte laengengrad langengrad laenge lange geolon geolng gpslon gpslng
            xcoord x
            """,
        "coordinates": """
            coordinates coordinate latlng latlon latlong gps gpscoordinates coordinaten gpscoordinaten coordonnees
            coordonneesgps koordinaten gpskoordinaten position positie geolocation geopunt
            """,
        "altitude_m": "altitude altitudem alt hoogte hauteur hoehe hohe elevation",
        "profile": """
            profile deviceprofile profiel profil devicetype model modele modell type typeapparaat typecapteur sensortype
            geraetetyp
            """,
        "valid_from": """
            validfrom installed installedat installationdate installdate geinstalleerd installatiedatum plaatsingsdatum
            geplaatstop datedinstallation dateinstallation dateinstallee datedepose installiertam installationsdatum
            einbaudatum from since vanaf depuis seit startdate
            """,
    }.items()
}

_EUI_SHARE = 0.8
"""A column whose cells are DevEUIs in at least this share is the id, whatever it is called."""

_LABELLED = re.compile(r"\([^)]*\)|\[[^\]]*\]")


def plain(header: str) -> str:
    """A header without case, accents, units in brackets, spaces and signs: ``Längengrad [°]`` is ``langengrad``."""
    bare = unicodedata.normalize("NFKD", _LABELLED.sub("", header).replace("ß", "ss").lower())
    return "".join(letter for letter in bare if letter.isascii() and letter.isalnum())


def guess_columns(table: DeviceList, given: Mapping[str, str] | None = None) -> dict[str, int]:
    """Meaning → column. ``given`` (meaning → header) overrules. Raises KeyError(header) for one that is not there."""
    names = [plain(header) for header in table.columns]
    found: dict[str, int] = {}
    for meaning, header in (given or {}).items():
        if plain(header) not in names:
            raise KeyError(header)
        found[meaning] = names.index(plain(header))
    for meaning, words in MEANINGS.items():
        if meaning not in found:
            free = [column for column in range(len(names)) if column not in found.values()]
            column = _named(words, names, free)
            if column is not None:
                found[meaning] = column
    if "id" not in (given or {}):
        _prefer_euis(table, found)
    return found


def _named(words: Sequence[str], names: Sequence[str], free: Sequence[int]) -> int | None:
    """The free column with the best-ranked word: exactly first, then as a beginning or end of the header."""
    for word in words:
        for column in free:
            if names[column] == word:
                return column
    for word in words:
        for column in free:
            if len(word) > 3 and (names[column].startswith(word) or names[column].endswith(word)):  # noqa: PLR2004 - "id" ends too much
                return column
    return None


def _prefer_euis(table: DeviceList, found: dict[str, int]) -> None:
    """Let the column that holds DevEUIs be the id, also when another one has the better name."""
    if "id" in found and _share_of_euis(table, found["id"]) >= _EUI_SHARE:
        return
    taken = {column for meaning, column in found.items() if meaning not in ("id", "name", "feature")}
    shares = {
        c: _share_of_euis(table, c) for c in range(len(table.columns)) if c not in taken and not _is_key(table, c)
    }
    best = max(shares, key=lambda column: shares[column], default=None)
    if best is not None and shares[best] >= _EUI_SHARE:
        for meaning in [meaning for meaning, column in found.items() if column == best]:
            del found[meaning]
        found["id"] = best


def _is_key(table: DeviceList, column: int) -> bool:
    """JoinEUI and AppEUI look like DevEUIs and are the same for every device."""
    return plain(table.columns[column]) in ("joineui", "appeui", "applicationeui")


def _share_of_euis(table: DeviceList, column: int) -> float:
    cells = [row.cells[column] for row in table.rows if row.cells[column]]
    if not cells:
        return 0.0
    return sum(len(canonical_id(cell)) == 16 and _is_hex(canonical_id(cell)) for cell in cells) / len(cells)  # noqa: PLR2004 - a DevEUI


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)
