"""The ``[payload]`` table of a profile as people write it: shape and words checked here, sense in ``layouts``."""

import re
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from pipelines.decoders import DECODERS

_NUMBER = re.compile(r"[+-]?\d{1,18}(/\d{1,18}|(\.\d{1,18})?(e[+-]?\d{1,2})?)")

Scalar = bool | int | float | str


def exact(number: Any) -> Fraction:
    """``"1/10"``, ``0.1`` and ``10`` as exact fractions; a decimal is taken as written. Raises ValueError."""
    if isinstance(number, bool) or not isinstance(number, (int, float, str)):
        raise ValueError("a number or a fraction in quotes is needed, like 0.1 or '1/63'")  # noqa: TRY004 - pydantic
    if not _NUMBER.fullmatch(str(number)):
        raise ValueError(f"{str(number)[:20]!r} is no number. Write 0.1 or '1/63'")
    try:
        return Fraction(str(number))
    except ZeroDivisionError as error:
        raise ValueError(f"{str(number)[:20]!r} divides by zero. Write 0.1 or '1/63'") from error


Exact = Annotated[Fraction, BeforeValidator(exact)]


class Table(BaseModel):
    """A table of a file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, arbitrary_types_allowed=True)


class FieldTable(Table):
    """One number of a frame, bits of the number before, or bytes to skip."""

    field: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
    type: str | None = None
    bits: tuple[int, int] | None = None
    signed: bool | Literal["magnitude"] = False
    at: int | None = Field(default=None, ge=0, le=255)
    skip: int = Field(default=0, ge=0, le=255)
    const: int | None = None
    scale: Exact = Fraction(1)
    offset: Exact = Fraction(0)
    round: int | None = Field(default=None, ge=0, le=9)
    map: dict[str, Scalar] | None = None
    missing: float | list[float] = []
    unit: str = ""
    optional: bool = False
    time: Literal["unix_s"] | None = None


class RepeatRule(Table):
    """How often the fields come again, and how old each block is. ``count``: a number, a type, or "rest"."""

    count: Annotated[int, Field(ge=1, le=255)] | str = "rest"
    step_s: float = Field(default=0.0, ge=0)
    first_age_s: float = Field(default=0.0, ge=0)
    order: Literal["newest_first", "oldest_first"] = "newest_first"


class RepeatTable(Table):
    """A history: ``fields`` again and again."""

    repeat: RepeatRule
    fields: list[FieldTable] = Field(min_length=1)


def _part_kind(part: Any) -> str:
    return "repeat" if isinstance(part, dict) and "repeat" in part else "field"


PartTable = Annotated[
    Annotated[FieldTable, Tag("field")] | Annotated[RepeatTable, Tag("repeat")], Discriminator(_part_kind)
]


class GroupTable(Table):
    """Several parts behind one key."""

    fields: list[PartTable] = Field(min_length=1)


def _item_kind(item: Any) -> str:
    return "group" if isinstance(item, dict) and "fields" in item and "repeat" not in item else _part_kind(item)


ItemTable = Annotated[
    Annotated[FieldTable, Tag("field")] | Annotated[RepeatTable, Tag("repeat")] | Annotated[GroupTable, Tag("group")],
    Discriminator(_item_kind),
]

TAGS = frozenset({"field", "repeat", "group"})
"""Union tags that pydantic puts into the place of a mistake, where no table of that name is."""


class LayoutTable(Table):
    """The frames of some ports."""

    kind: Literal["fixed", "tlv", "flags"] | None = None
    header: list[FieldTable] = []
    fields: list[PartTable] = []
    key: str = ""
    length: str | None = None
    items: dict[str, ItemTable] = {}
    unknown: Literal["refuse", "skip"] = "refuse"
    flags: str | None = None
    blocks: dict[str, ItemTable] = {}
    trailing: Literal["refuse", "ignore"] = "refuse"
    nothing: str = ""

    @property
    def has_body(self) -> bool:
        """True when this table itself says how a frame is read."""
        return bool(self.fields or self.items or self.blocks or self.nothing)


class NamedValuesTable(Table):
    """``named_values``: the values stand in a list of names and values; see ``pipelines.decode.NamedValues``."""

    list: str
    name: str
    value: str


class PayloadTable(LayoutTable):
    """How the bytes are read; ``when`` has a layout of its own for some ports: ``1``, ``"1, 2"``.

    ``use`` names the shared layout that was filled in. Some kinds are formats with a reader of their own, in
    ``pipelines/decoders``. ``javascript``: codec.js beside the profile; ``fresh_context`` forgets after each frame.
    """

    kind: Literal[
        "fixed", "tlv", "flags", "network", "json", "javascript", "cayenne-lpp", "senml-json", "senml-cbor", "dsmr-p1"
    ]  # type: ignore[assignment]
    use: str = ""
    named_values: NamedValuesTable | None = None
    fresh_context: bool = False
    when: dict[str, LayoutTable] = {}

    @property
    def reads_bytes(self) -> bool:
        """True where a layout of tables reads the bytes; false for values that come decoded and for built-in kinds."""
        return self.kind in {"fixed", "tlv", "flags"}

    @property
    def names_are_free(self) -> bool:
        """True where the sender chooses the names and may use the vocabulary's."""
        return self.kind in {"json", "senml-json", "senml-cbor"}

    @property
    def built_in(self) -> bool:
        """True for a format that has a reader of its own."""
        return self.kind in DECODERS

    @model_validator(mode="after")
    def _decoded_values_have_no_layout(self) -> Self:
        if self.named_values and self.kind != "json":
            raise ValueError("named_values has a meaning for kind 'json' only")
        if self.fresh_context and self.kind != "javascript":
            raise ValueError("fresh_context has a meaning for kind 'javascript' only")
        if not self.reads_bytes and (self.has_body or self.when or self.header):
            if self.kind == "javascript":
                raise ValueError("kind 'javascript' is read by codec.js: no fields, items, blocks, header or when")
            raise ValueError(
                f"kind {self.kind!r} takes decoded values or is built in: no fields, items, blocks, header or when"
            )
        if self.reads_bytes and not self.has_body and not self.when:
            raise ValueError(f"kind {self.kind!r} needs fields, items, blocks or when")
        return self
