"""The official schemas of the Smart Data Models, offline, and what of our bodies they describe."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests import servers


def key_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The projection that the official schemas describe."""
    plain = {}
    for name, attribute in body.items():
        if not isinstance(attribute, dict) or "coordinates" in attribute:
            plain[name] = attribute
        elif "value" in attribute or "object" in attribute:
            plain[name] = attribute.get("value", attribute.get("object"))
    return plain


@cache
def validator(sdm_type: str) -> Draft202012Validator:
    folder, file = _schema(sdm_type)
    registry: Registry[Any] = Registry(retrieve=lambda uri: retrieve(folder, uri))  # type: ignore[call-arg]
    return Draft202012Validator(schema_file(file), registry=registry)


def retrieve(folder: Path, uri: str) -> Resource[Any]:
    path = uri.removeprefix("https://smart-data-models.github.io/")
    path = path.removeprefix("https://raw.githubusercontent.com/smart-data-models/").replace("/master/", "/")
    return Resource.from_contents(schema_file(folder / path), default_specification=DRAFT202012)


@cache
def schema_file(file: Path) -> Any:
    return msgspec.json.decode(file.read_bytes())


def attribute_names(schema: Mapping[str, Any], folder: Path) -> set[str]:
    """The attributes a schema names, through its allOf and references."""
    names = set(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        names |= attribute_names(part, folder)
        if "$ref" in part:
            uri, _, pointer = part["$ref"].partition("#")
            target: Any = retrieve(folder, uri).contents
            for step in pointer.strip("/").split("/"):
                target = target[step]
            names |= attribute_names(target, folder)
    return names


@cache
def official_names(sdm_type: str) -> frozenset[str]:
    """Every attribute that the schema of a type names."""
    folder, file = _schema(sdm_type)
    return frozenset(attribute_names(schema_file(file), folder))


def _schema(sdm_type: str) -> tuple[Path, Path]:
    folder = servers.schemas() / "smart-data-models"
    (file,) = folder.glob(f"dataModel.*/{sdm_type}/schema.json")
    return folder, file
