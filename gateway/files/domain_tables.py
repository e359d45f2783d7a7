"""What files tell the domains' analytics: ``[settings.<domain>]`` of a pilot, ``details`` of a device."""

from collections.abc import Mapping

import msgspec

from gateway.files.mistakes import did_you_mean
from pipelines.vocabulary import Domain


def read_settings(domain: Domain, table: Mapping[str, object]) -> msgspec.Struct | None:
    """A pilot's settings of a domain. Raises ValueError in the operator's words."""
    from pipelines.domains.table import SETTINGS  # noqa: PLC0415 - 3 MB that a gateway without such tables spares

    return _read(SETTINGS.get(domain), table, f"[settings.{domain}]")


def read_details(feature: str, table: Mapping[str, object]) -> msgspec.Struct | None:
    """The details of a feature; None where nothing is written. Raises ValueError in the operator's words."""
    if not table:
        return None
    from pipelines.domains.table import DETAILS  # noqa: PLC0415 - same

    kind = feature.partition("/")[0]
    whole = {key: _whole(value) for key, value in table.items()}
    return _read(DETAILS.get(kind), whole, f"details of a {kind}")


def _whole(value: object) -> object:
    """Device files hold every number as a float; a count such as ``register_digits = 6`` must stay one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read(kind: type[msgspec.Struct] | None, table: Mapping[str, object], what: str) -> msgspec.Struct | None:
    if kind is None:
        if table:
            raise ValueError(f"{what}: nothing can be set there | Remove it.")
        return None
    known = msgspec.structs.fields(kind)
    for key in table:
        if key not in {field.encode_name for field in known}:
            hint = did_you_mean(key, [field.encode_name for field in known])
            raise ValueError(f"{what}: '{key}' is unknown | {hint}")
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        text = str(error)
        raise ValueError(f"{what}: {text[:1].lower()}{text[1:]} | Mend the value.") from error
