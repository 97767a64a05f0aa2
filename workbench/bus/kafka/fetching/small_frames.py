"""Unpacks small zstd frames by a decompressor that is kept.

Many producers send a batch for each record. Making a decompressor for each costs 8 us, as much as to unpack ten records
of a kilobyte.
"""

from __future__ import annotations

import zstandard

_MOST_BYTES = 32 << 10
"""Packed bytes of a small frame. What is unpacked here is allocated, and that costs more where frames are large."""
_MOST_RATIO = 32
"""A frame that unpacks to more is not small."""
_DESCRIPTOR, _HAS_CHECKSUM, _CHECKSUM_BYTES = 4, 0x04, 4
_BLOCK_HEADER_BYTES, _REPEATED = 3, 1


class SmallFrames:
    """Unpacks frames one after another. Not for several threads at once."""

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor()

    def unpacked(self, packed: memoryview) -> bytes | None:
        """Unpack a frame; None where the bytes are none, or not one small frame alone."""
        most = _MOST_RATIO * len(packed)
        try:
            # A frame may name its size, -1 where it does not, and memory is taken for it.
            if len(packed) > _MOST_BYTES or zstandard.frame_content_size(packed) > most or not _is_one_frame(packed):
                return None
            return self._decompressor.decompress(packed, max_output_size=most)
        except zstandard.ZstdError:
            return None


def _is_one_frame(packed: memoryview) -> bool:
    """Whether the bytes are one frame to their end; the decompressor ignores what follows it.

    RFC 8878: a frame is a header, blocks, and a checksum where the header says so. Each block begins with three bytes:
    whether it is the last, its type, of which one is a byte that is repeated, and its size.
    """
    at = zstandard.frame_header_size(packed)
    last = False
    while not last and at + _BLOCK_HEADER_BYTES <= len(packed):
        head = int.from_bytes(packed[at : at + _BLOCK_HEADER_BYTES], "little")
        last = bool(head & 1)
        at += _BLOCK_HEADER_BYTES + (1 if head >> 1 & 3 == _REPEATED else head >> 3)
    return last and at + (_CHECKSUM_BYTES if packed[_DESCRIPTOR] & _HAS_CHECKSUM else 0) == len(packed)
