"""Entry-by-entry compression with a dictionary trained on the segment itself. The choice is measured in README.md."""

from collections.abc import Iterator, Sequence

import zstandard

from gateway.journal.format import MAX_PAYLOAD_BYTES

LEVEL = 2
DICTIONARY_BYTES = 16 << 10
SAMPLES = 250
COVER = {"k": 1000, "d": 8}  # zstd's search for the best k costs twice as much and gains 0 to 3 percent
FEW_BYTES = 8 * DICTIONARY_BYTES  # a smaller segment would lose more to the dictionary than it gains

MANY_AT_ONCE = "multi_compress_to_buffer" in zstandard.backend_features
"""Whether the library packs many payloads in one call: its C backend does."""

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
        learnt = None
        if dictionary:
            learnt = zstandard.ZstdCompressionDict(dictionary)
            learnt.precompute_compress(level=LEVEL)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=learnt, write_dict_id=False)

    def pack(self, payloads: Sequence[bytes]) -> Iterator[bytes | None]:
        """Each payload packed, or None where it would not shrink.

        One call for all of them where the library has it: a quarter less CPU, and the interpreter is left alone.
        """
        if payloads and MANY_AT_ONCE:
            collection = self._compressor.multi_compress_to_buffer(list(payloads))
            packed = [collection[place].tobytes() for place in range(len(payloads))]
        else:
            packed = [self._compressor.compress(payload) for payload in payloads]
        for payload, small in zip(payloads, packed, strict=True):
            yield small if len(small) < len(payload) else None


class Unpacker:
    """Unpacks payloads of one segment."""

    def __init__(self, dictionary: bytes) -> None:
        learnt = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        self._decompress = zstandard.ZstdDecompressor(dict_data=learnt).decompress

    def unpack(self, packed: bytes) -> bytes:
        """The payload. Raises UnpackError."""
        return self._decompress(packed, max_output_size=MAX_PAYLOAD_BYTES)
