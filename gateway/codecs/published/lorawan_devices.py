"""The Things Network's device repository: ``vendor/<vendor>/{index,<device>,<name>-codec}.yaml`` and JavaScript files.

A device names its codecs in ``firmwareVersions[].profiles.<region>.codec``; a codec names a file for each direction,
each with examples.
"""

from collections.abc import Iterator
from typing import Any

from gateway.codecs.published.repository import (
    Checkout,
    Model,
    Published,
    PublishedVector,
    RepositoryError,
    rows_of,
    table_of,
    words_of,
)
from gateway.codecs.published.yaml12 import load_yaml
from pipelines.codec import Function

DIRECTIONS: tuple[tuple[str, Function], ...] = (
    ("uplinkDecoder", "decodeUplink"),
    ("downlinkEncoder", "encodeDownlink"),
    ("downlinkDecoder", "decodeDownlink"),
)


def is_this(checkout: Checkout) -> bool:
    """Whether the checkout has this layout."""
    return checkout.has("vendor") and not checkout.has("vendors")


def model(checkout: Checkout, vendor: str, device: str) -> Model | None:
    """One device with the codec of its newest firmware; None where it has none. Raises RepositoryError."""
    file = table_of(_yaml(checkout, vendor, f"{device}.yaml"))
    for home, named, firmware in _named_codecs(checkout, vendor, file):
        return Model(
            f"{vendor}/{device}",
            vendor,
            str(file.get("name", device))[:120],
            codec(checkout, home, named),
            words_of(file.get("sensors")),
            str(firmware.get("version", "")),
            _link(file.get("dataSheetURL")),
        )
    return None


def codecs(checkout: Checkout) -> Iterator[Published]:
    """Every codec that a listed device refers to, once."""
    users: dict[tuple[str, str], list[str]] = {}
    for vendor, device, file in _listed(checkout):
        for home, named, _firmware in _named_codecs(checkout, vendor, file):
            devices = users.setdefault((home, named), [])
            if device not in devices:
                devices.append(device)
    for (vendor, named), devices in sorted(users.items()):
        found = codec(checkout, vendor, named)
        yield Published(found.name, found.file, found.vectors, tuple(devices), found.fault)


def _listed(checkout: Checkout) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Vendor, ``vendor/device`` and file of each device in a vendor's index; a broken file is passed over."""
    for vendor in checkout.folders("vendor"):
        try:
            names = table_of(_yaml(checkout, vendor, "index.yaml")).get("endDevices")
        except RepositoryError:
            continue
        for device in names if isinstance(names, list) else ():
            try:
                yield vendor, f"{vendor}/{device}", table_of(_yaml(checkout, vendor, f"{device}.yaml"))
            except RepositoryError:
                continue


def _named_codecs(checkout: Checkout, vendor: str, file: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The vendor that owns a codec, its name, and the firmware that needs it; newest firmware first."""
    for firmware in reversed(rows_of(file.get("firmwareVersions"))):
        for profile in table_of(firmware.get("profiles")).values():
            named, owner = table_of(profile).get("codec"), table_of(profile).get("vendorID")
            if isinstance(named, str):
                borrowed = isinstance(owner, str) and checkout.has("vendor", owner, f"{named}.yaml")
                yield str(owner) if borrowed else vendor, named, firmware


def codec(checkout: Checkout, vendor: str, named: str) -> Published:
    """One codec's file and vectors; ``fault`` where they cannot be read."""
    name = f"{vendor}/{named}"
    try:
        parts = table_of(_yaml(checkout, vendor, f"{named}.yaml"))
        file = table_of(parts.get("uplinkDecoder")).get("fileName")
        vectors = tuple(_vectors(vendor, parts))
        path = f"vendor/{vendor}/{file}" if isinstance(file, str) else ""
        if path:
            checkout.source(path)
    except RepositoryError as error:
        return Published(name, "", (), fault=str(error))
    return Published(name, path, vectors)


def _vectors(vendor: str, parts: dict[str, Any]) -> Iterator[PublishedVector]:
    for part, function in DIRECTIONS:
        direction = table_of(parts.get(part))
        file = direction.get("fileName")
        for example in rows_of(direction.get("examples")):
            given, expected = table_of(example.get("input")), table_of(example.get("output"))
            about = str(example.get("description", ""))[:120]
            given = given | {"file": f"vendor/{vendor}/{file}"}
            yield PublishedVector(about, function, given, expected)
            normalised = table_of(example.get("normalizedOutput"))
            if normalised:
                yield PublishedVector(f"{about} (normalised)", "normalizeUplink", given, normalised)


def _yaml(checkout: Checkout, vendor: str, file: str) -> Any:
    try:
        return load_yaml(checkout.text("vendor", vendor, file))
    except ValueError as error:
        raise RepositoryError(f"vendor/{vendor}/{file}: {error}") from error


def _link(value: object) -> str:
    return value if isinstance(value, str) and value.startswith(("http://", "https://")) and " " not in value else ""
