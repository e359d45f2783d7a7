"""HTML written by calls, so that every text is escaped: ``tag("p", "fill < 20 %")``. Only ``Markup`` is left alone."""

from collections.abc import Iterable
from html import escape

VOID = frozenset(("br", "meta", "hr", "path", "line", "circle", "rect", "polyline"))


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | Markup | None | Iterable["Child"]


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """One element. ``class_`` is class; an underscore in an attribute is a hyphen; None leaves an attribute out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Child) -> Markup:
    """Children one after another, escaped where they are text."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(escape(children))
    return Markup("".join(joined(child) for child in children))


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
