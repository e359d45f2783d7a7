"""Validate a table of a file against its pydantic model, and say every mistake in the operator's words."""

import difflib
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.files.mistakes import Mistake, did_you_mean, quoted
from gateway.files.toml_document import Document, Key

_CURE = re.compile(r" \| |\. (?=[A-Z])")
"""A validator's text says what is wrong, then how to mend it, as the next sentence or behind a bar."""

Model = TypeVar("Model", bound=BaseModel)


def validate(
    model: type[Model],
    table: Mapping[str, Any],
    document: Document,
    key: Key = (),
    *,
    context: Any = None,
) -> tuple[Model | None, list[Mistake]]:
    """The model, or None with every mistake. ``key`` is the table's place in the document."""
    try:
        return model.model_validate(table, context=context), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    unknown = [_loc(detail) for detail in details if detail["type"] == "extra_forbidden"]
    misspelt = {_loc(d): found for d in details if d["type"] == "missing" and (found := _misspelt(_loc(d), unknown))}
    mistakes = []
    for detail in details:
        loc = _loc(detail)
        if loc in misspelt:
            mistakes.append(_renamed(loc, misspelt[loc], document, key))
        elif loc not in misspelt.values():
            mistakes.append(_mistake(model, detail, document, key))
    return None, mistakes


def _loc(detail: ErrorDetails) -> Key:
    return tuple(detail["loc"])


def _misspelt(missing: Key, unknown: Sequence[Key]) -> Key | None:
    """The unknown key beside a missing one that was probably meant to be it: the same mistake, told once."""
    siblings = {str(loc[-1]): loc for loc in unknown if loc[:-1] == missing[:-1]}
    close = difflib.get_close_matches(str(missing[-1]), siblings, n=1, cutoff=0.6)
    return siblings[close[0]] if close else None


def _renamed(missing: Key, found: Key, document: Document, key: Key) -> Mistake:
    what = f"'{found[-1]}' is unknown and '{missing[-1]}' is missing"
    return Mistake(document.where(*key, *found), what, f"Did you mean '{missing[-1]}'?")


def _mistake(model: type[BaseModel], detail: ErrorDetails, document: Document, key: Key) -> Mistake:
    loc = tuple(part for part in _loc(detail) if part != "[key]")
    return Mistake(document.where(*key, *loc), *_words(model, detail, loc, key))


def _words(model: type[BaseModel], detail: ErrorDetails, loc: Key, key: Key) -> tuple[str, str]:
    """(what, mend) of one of pydantic's findings."""
    given = quoted(detail["input"])
    context = detail.get("ctx", {})
    what, mend = f"{given}: {detail['msg'][0].lower()}{detail['msg'][1:]}", ""
    match detail["type"]:
        case "missing":
            what, mend = "missing", f"Add {loc[-1]} = {_example(_field(model, loc))}"
        case "extra_forbidden":
            what, mend = "unknown", did_you_mean(str(loc[-1]), _fields(_model_at(model, loc[:-1])))
        case "literal_error" | "enum":
            known = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            what, mend = f"{given} is not one of them", did_you_mean(str(detail["input"]), known)
        case "value_error":
            what, *rest = _CURE.split(str(context["error"]), maxsplit=1)
            mend = rest[0] if rest else ""
        case "string_type":
            what, mend = f"{given} is not text", f'Put it in quotes: "{detail["input"]}"'
        case "int_type" | "int_parsing" | "float_type" | "float_parsing" | "bool_type" | "bool_parsing" as kind:
            word = {"int": "a whole number", "float": "a number", "bool": "true or false"}[kind.split("_")[0]]
            what, mend = f"{given} is not {word}", "Write it without quotes." if given[0] == "'" else ""
        case "string_pattern_mismatch":
            what, mend = (
                f"{given} does not have the right form",
                _form(model, loc) or f"It must match {context['pattern']}",
            )
        case "model_type" | "dict_type" | "model_attributes_type":
            what, mend = f"{given} is not a table", f"Write it as a table: [{_dotted(key, loc)}]"
        case "list_type" | "tuple_type":
            what, mend = f"{given} is not a list", f"Put it in brackets: [{given}]"
    return what, mend


def _form(model: type[BaseModel], loc: Key) -> str:
    """An example says more than a pattern; empty where the field, or the list it stands in, has none."""
    field = _field(model, loc) or _field(model, loc[:-1])
    return f"Write it like {_example(field)}" if field is not None and field.examples else ""


def _dotted(key: Key, loc: Key) -> str:
    return ".".join(str(part) for part in (*key, *loc) if not isinstance(part, int))


def _fields(model: type[BaseModel] | None) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()} if model else {}


def _field(model: type[BaseModel], loc: Key) -> FieldInfo | None:
    return _fields(_model_at(model, loc[:-1])).get(str(loc[-1]))


def _model_at(model: type[BaseModel], loc: Key) -> type[BaseModel] | None:
    """The model that a place inside the table belongs to."""
    here: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, str) and here is not None and part in _fields(here):
            here = _inner_model(_fields(here)[part].annotation)
    return here


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model within ``X | None``, ``list[X]``, ``dict[str, X]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if isinstance(annotation, types.GenericAlias | types.UnionType) or typing.get_origin(annotation) is not None:
        inner = (_inner_model(argument) for argument in typing.get_args(annotation))
        return next((model for model in inner if model is not None), None)
    return None


def _example(field: FieldInfo | None) -> str:
    """What a value of this field looks like in TOML."""
    if field is None:
        return "…"
    if field.examples:
        example = field.examples[0]
        return f'"{example}"' if isinstance(example, str) else str(example).replace("'", '"')
    annotation = str(field.annotation)
    for word, example in (("int", "1"), ("float", "1.0"), ("bool", "true"), ("list", "[…]"), ("tuple", "[…]")):
        if word in annotation:
            return example
    return '"…"'
