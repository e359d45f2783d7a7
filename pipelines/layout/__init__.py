"""The declarative payload notation: what it can say (``notation``), bytes → readings, readings → bytes.

Law: no expressions. Whatever a table of fields cannot say is the work of a codec.
"""

from pipelines.layout.frames import FrameReader, compile_layouts
from pipelines.layout.notation import Field, Item, Layout, Reading, Repeat
from pipelines.layout.write import Unwritable, encode

__all__ = [
    "Field",
    "FrameReader",
    "Item",
    "Layout",
    "Reading",
    "Repeat",
    "Unwritable",
    "compile_layouts",
    "encode",
]
