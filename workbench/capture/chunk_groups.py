"""Groups chunks that are decoded at once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.model import Chunk

ENOUGH_ROWS = 512
"""Rows from which a chunk is decoded alone: joining copies chunks, a call of the decoder costs as much as 80 rows."""


def decoding_groups(chunks: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    """Group the chunks that are decoded at once: small ones of a topic together, large ones alone without a copy.

    A group is yielded before a later large chunk of its topic, so each partition keeps its offset order.
    """
    waiting: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in chunks:
        if chunk.records.num_rows >= ENOUGH_ROWS:
            yield from [waiting.pop(chunk.topic)] if chunk.topic in waiting else []
            yield [chunk]
        else:
            waiting[chunk.topic].append(chunk)
    yield from waiting.values()
