"""What the editor remembers, as rows of the memory file and back. What cannot be read any more is left out."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import cast

import msgspec

from gateway.sinks.open_topics.editor import Editor, Newest
from gateway.sinks.open_topics.memory_file import Kept
from pipelines.open_data.channels import Period
from pipelines.open_data.counts import Counts
from pipelines.open_data.households import Households

_encode = msgspec.msgpack.Encoder().encode
_decode_newest = msgspec.msgpack.Decoder(Newest).decode


def kept_of(editor: Editor) -> Iterator[Kept]:
    """What has changed since the last call."""
    for key, period in editor.newest_changed:
        if (key, period) in editor.newest:
            yield "newest", (*key, period), _encode(editor.newest[key, period])
    editor.newest_changed.clear()
    for pilot, counts in editor.counts.items():
        for name in counts.changed & counts.series.keys():
            yield "count", (pilot, *name), counts.packed(name)
        counts.changed.clear()
    for pilot, households in editor.households.items():
        for group in households.changed:
            yield "sum", (pilot, *group), households.packed(group)
        households.changed.clear()


def restore(editor: Editor, kept: Sequence[Kept]) -> dict[str, bytes]:
    """Give the editor back what it knew; returns what was said by ``meta``, by topic."""
    metas: dict[str, bytes] = {}
    for kind, name, packed in kept:
        with contextlib.suppress(msgspec.DecodeError, ValueError):
            match kind:
                case "newest":
                    city, pilot, feature, period = name
                    editor.newest[(city, pilot, feature), cast("Period", period)] = _decode_newest(packed)
                case "count":
                    pilot, feature, prop = name
                    editor.counts.setdefault(pilot, Counts()).restore((feature, prop), packed)
                case "sum":
                    pilot, feature_type, area, prop = name
                    editor.households.setdefault(pilot, Households()).restore((feature_type, area, prop), packed)
                case "meta":
                    metas[name[0]] = packed
    return metas
