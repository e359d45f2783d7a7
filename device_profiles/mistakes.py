"""What is wrong with a file, in words that tell the cure: place, finding, suggestion."""

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from device_profiles.layout_file import TAGS


def did_you_mean(word: str, known: Iterator[str] | list[str]) -> str:
    """`` Did you mean 'type'?``, or nothing when no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def told(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Every mistake that pydantic found: ``payload.items.01.typ: unknown. Did you mean 'type'?``."""
    words = sorted(set(_words(model)))
    return [_told(detail, words) for detail in error.errors(include_url=False)]


def _told(detail: Any, words: list[str]) -> str:
    place = [str(part) for part in detail["loc"] if part not in TAGS]
    where = ".".join(place) or "the file"
    given = str(detail.get("input"))[:40]
    match detail["type"]:
        case "extra_forbidden":
            return f"{where}: unknown.{did_you_mean(place[-1], words)}"
        case "missing":
            return f"{where}: missing"
        case "literal_error":
            return f"{where}: {given!r} is not one of {detail['ctx']['expected']}"
        case "json_invalid":
            return f"{where} is not JSON: {detail['ctx']['error']}"
        case "value_error":
            return f"{where}: {detail['ctx']['error']}"
        case _:
            return f"{where}: {detail['msg'][0].lower()}{detail['msg'][1:]} (found {given!r})"


def _words(model: Any) -> Iterator[str]:
    """Every key that the model or a table within it knows."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            yield name
            yield from _words(field.annotation)
    else:
        for inner in get_args(model):
            yield from _words(inner)
