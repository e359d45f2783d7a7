"""Do a device's readings show that it did what it was asked?"""

import math
from collections.abc import Mapping, Sequence

from pipelines.layout.notation import Reading
from pipelines.model import Value


def shown_by(readings: Sequence[Reading], values: Mapping[str, Value], confirmed_by: Mapping[str, str]) -> bool:
    """True when every value that has a reading of its own is what that reading says; past readings do not count."""
    said = {reading.name: reading.value for reading in readings if not reading.age_s and reading.time_ns is None}
    wanted = {reading: values[field] for field, reading in confirmed_by.items() if field in values}
    return bool(wanted) and all(name in said and _same(said[name], value) for name, value in wanted.items())


def _same(found: Value, wanted: Value) -> bool:
    if isinstance(found, str | bool) or isinstance(wanted, str | bool):
        return type(found) is type(wanted) and found == wanted
    return math.isclose(found, wanted, rel_tol=1e-9)
