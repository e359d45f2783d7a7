"""Entry-by-entry compression with a dictionary trained on the segment itself. The choice is measured in README.md."""

from collections.abc import Sequence

import zstandard

from gateway.journal.format import MAX_PAYLOAD_BYTES

LEVEL = 3
DICTIONARY_BYTES = 16 << 10
SAMPLES = 250
COVER = {"k": 1000, "d": 8}  # zstd's search for the best k costs twice as much and gains 0 to 3 percent
FEW_BYTES = 8 * DICTIONARY_BYTES  # a smaller segment would lose more to the dictionary than it gains

UnpackError = zstandard.ZstdError


def train(samples: Sequence[bytes]) -> bytes:
    """A dictionary for entries like these; empty when nothing can be learnt from them."""
    try:
        return zstandard.train_dictionary(DICTIONARY_BYTES, list(samples), **COVER).as_bytes()
    except zstandard.ZstdError:  # too few, all equal, or shorter than 8 bytes
        return b""


class Packer:
    """Packs payloads of one segment. The dictionary's digest is not repeated in each entry: the CRC guards both."""

    def __init__(self, dictionary: bytes) -> None:
        learnt = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        self._compress = zstandard.ZstdCompressor(level=LEVEL, dict_data=learnt, write_dict_id=False).compress

    def pack(self, payload: bytes) -> bytes | None:
        """The packed payload, or None when it would not shrink."""
        packed = self._compress(payload)
        return packed if len(packed) < len(payload) else None


class Unpacker:
    """Unpacks payloads of one segment."""

    def __init__(self, dictionary: bytes) -> None:
        learnt = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        self._decompress = zstandard.ZstdDecompressor(dict_data=learnt).decompress

    def unpack(self, packed: bytes) -> bytes:
        """The payload. Raises UnpackError."""
        return self._decompress(packed, max_output_size=MAX_PAYLOAD_BYTES)
