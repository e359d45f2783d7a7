"""Packing many payloads of a segment with what was learnt from them."""

import pytest

from gateway.journal import pack
from gateway.journal.pack import Packer, Unpacker, train

PAYLOADS = [b'{"device":"a%03d","temperature":%d.5,"humidity":48}' % (number, number % 40) for number in range(400)]


@pytest.mark.parametrize("many_at_once", [pack.MANY_AT_ONCE, False])
@pytest.mark.parametrize("dictionary", [train(PAYLOADS), b""], ids=["learnt", "nothing learnt"])
def test_what_was_packed_comes_out_again(
    monkeypatch: pytest.MonkeyPatch, dictionary: bytes, many_at_once: bool
) -> None:
    monkeypatch.setattr(pack, "MANY_AT_ONCE", many_at_once)
    unpack = Unpacker(dictionary).unpack
    packed = list(Packer(dictionary).pack(PAYLOADS))
    assert [unpack(small) if small is not None else whole for small, whole in zip(packed, PAYLOADS, strict=True)] == (
        PAYLOADS
    )
    assert any(small is not None for small in packed) == bool(dictionary)


def test_what_would_not_shrink_is_left_alone() -> None:
    assert list(Packer(b"").pack([b"", b"x", bytes(range(256))])) == [None, None, None]
    assert list(Packer(b"").pack([])) == []
