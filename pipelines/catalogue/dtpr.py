"""Digital Trust for Places and Routines: what a sign beside a sensor says, as element ids of its taxonomy.

Taxonomy 1, device chain, by Helpful Places and contributors, CC BY 4.0 (https://dtpr.io); its ids are used, no icon.
"""

from collections.abc import Mapping
from typing import Literal

from pipelines.catalogue.subjects import KINDS, SUBJECTS
from pipelines.open_data.privacy import PrivacyClass
from pipelines.vocabulary import FEATURE_TYPES

TAXONOMY = "https://dtpr.io/taxonomy"
TAXONOMY_LICENCE = "CC-BY-4.0"
CATEGORIES = ("accountable", "purpose", "tech", "data", "process", "access", "storage", "retention")
"""The eight categories of the device chain; their full ids are ``device__<category>``."""

_PROCESS: Mapping[PrivacyClass, tuple[str, ...]] = {
    "A": ("raw_data",),
    "B": ("raw_data",),
    "C": ("de_identified", "aggregated"),
    "D": ("aggregated",),
}
"""What the privacy classes of ``open_data/privacy.py`` do to data before anybody else sees them."""


def chain(
    feature_type: str, privacy: PrivacyClass, personal_data: Literal["none", "processed"]
) -> dict[str, list[str]]:
    """Category → element ids of one kind of sensor in a privacy class.

    Raises KeyError for a feature type that the tables lack.
    """
    kind = FEATURE_TYPES[feature_type]
    personal = privacy == "D" or personal_data == "processed"
    technology = KINDS[feature_type].technology
    found = {
        "accountable": ["organization"],
        "purpose": [SUBJECTS[kind.domain].purpose],
        "tech": [technology] if technology else [],
        "data": ["values_time", "personal"] if personal else ["values_time"],
        "process": list(_PROCESS[privacy]),
        "access": ["available_to_the_accountable_organization", "available_to_3rd_parties"],
        "storage": ["stored_locally"],
        "retention": ["data_retained"],
    }
    return {f"device__{category}": found[category] for category in CATEGORIES}
