"""Reads the records of a target between two positions, with ``read_committed``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.errors import BrokerUnavailableError
from workbench.model import Span
from workbench.text import duration_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk, TopicPartition

_PREFETCH_BYTES = 8 << 20
STALLED_S = 60.0
"""Reading ends with an error when nothing came for this long."""


async def read_target(
    log: RecordLog,
    starts: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> AsyncIterator[Chunk]:
    """Yield the chunks of all partitions from start to end (exclusive).

    Raises:
        BrokerUnavailableError: Nothing came for a minute.
    """
    spans = [Span(at.topic, at.partition, starts[at], end) for at, end in sorted(ends.items()) if starts[at] < end]
    if not spans:
        return
    loop = asyncio.get_running_loop()
    heard = loop.time()
    async with log.reader(spans, prefetch_bytes=_PREFETCH_BYTES) as reader:
        while not reader.done:
            chunks = await reader.read()
            if chunks:
                heard = loop.time()
            elif loop.time() - heard > STALLED_S:
                raise BrokerUnavailableError(
                    f"Reading {spans[0].topic} back brought nothing for "
                    f"{duration_text(STALLED_S, 's')}. Verify again later.",
                    addresses=[log.address],
                )
            for chunk in chunks:
                yield chunk
