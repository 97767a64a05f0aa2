"""Finds partitions and the end of a log by asking for single records: the HTTP proxy tells neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import HttpProxyError
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.bus.redpanda.proxy.client import HttpProxy

OUTSIDE = 40002
UNKNOWN = 40402
LARGEST_OFFSET = 2**63 - 1
MOST_PARTITIONS = 1 << 17
_SERVER_ERRORS = 500
_MOST_REQUESTS = 140
"""Doubling up to the largest offset and halving back takes fewer; whoever needs more is no proxy."""


def is_away(error: HttpProxyError) -> bool:
    """Tell whether the proxy, or the cluster behind it, did not answer: the same request may succeed later."""
    return error.status is None or error.status >= _SERVER_ERRORS


async def is_inside(proxy: HttpProxy, topic: str, partition: int, offset: int) -> bool:
    """Tell whether an offset is in the log, its end included. An empty answer says yes: it is no error.

    One byte is asked for, so that a probe in the middle of a log costs one record at most.
    """
    try:
        await proxy.fetch_answer(topic, partition, offset, max_bytes=1, timeout_ms=0)
    except HttpProxyError as error:
        if error.error_code == OUTSIDE:
            return False
        raise
    return True


async def find_end(proxy: HttpProxy, topic: str, partition: int, inside: int) -> int:
    """Find the end of a log from an offset inside it: by doubling the step until one is outside, then by bisecting.

    Raises:
        HttpProxyError: No offset is outside.
    """

    async def holds(offset: int) -> bool:
        return await is_inside(proxy, topic, partition, offset)

    found = await _last(holds, inside, LARGEST_OFFSET)
    if found is None:
        raise HttpProxyError(
            f"The end of {partition_text(topic, partition)} was not found: the HTTP proxy says of no offset that it is "
            "outside the log. Give start=OFFSET, where reading begins."
        )
    return found


async def count_partitions(proxy: HttpProxy, topic: str, known: int = 0) -> int:
    """Count the partitions of a topic, in the same way; 0 where there is no such topic.

    Args:
        proxy: The client.
        topic: Name of the topic.
        known: How many there were before; partitions are added and never taken away.

    Raises:
        HttpProxyError: Every number is a partition.
    """

    async def exists(partition: int) -> bool:
        try:
            await is_inside(proxy, topic, partition, 0)
        except HttpProxyError as error:
            if error.error_code == UNKNOWN:
                return False
            raise
        return True

    if not await exists(known):
        return known
    last = await _last(exists, known, MOST_PARTITIONS)
    if last is None:
        raise HttpProxyError(f"The partitions of {topic} cannot be counted: the HTTP proxy knows every number.")
    return last + 1


async def _last(holds: Callable[[int], Awaitable[bool]], known: int, limit: int) -> int | None:
    """Find the largest number that holds, where ``known`` does; None where every one up to the limit does."""
    step = 1
    asked = 0
    low, high = known, None
    while high is None or high - low > 1:
        asked += 1
        if asked > _MOST_REQUESTS or low >= limit:
            return None
        tried = min(low + step, limit) if high is None else (low + high) // 2
        if await holds(tried):
            low, step = tried, step * 2
        else:
            high = tried
    return low
