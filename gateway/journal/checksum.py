"""CRC-32 (ISO-HDLC, as zlib's): by isal where there is a wheel, else by zlib. Same numbers, same signature."""

from collections.abc import Callable

try:
    from isal.isal_zlib import crc32 as _crc32
except ImportError:  # armv7 has no wheel
    from zlib import crc32 as _crc32

crc32: Callable[..., int] = _crc32
"""(bytes) or (bytes, CRC so far) → CRC."""
