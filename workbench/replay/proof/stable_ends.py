"""Waits until readers with ``read_committed`` can see everything that a run wrote."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.text import number_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.model import TopicPartition

_LOST_AFTER_S = 2.0
"""Seconds after which an end below what was acknowledged is no delay any more."""
STABLE_WITHIN_S = 90.0
"""Seconds to wait until the last stable offset passes the last record: one and a half transaction timeouts."""


async def stable_ends(
    log: RecordLog,
    least: Mapping[TopicPartition, int],
    partitions: Iterable[TopicPartition],
) -> dict[TopicPartition, int]:
    """Wait until the last stable offsets have come to ``least``; others' open transactions can hold them back.

    Raises:
        WorkbenchError: They stayed below it.
    """
    begun = asyncio.get_running_loop().time()
    while True:
        ends = {at: end or 0 for at, end in (await log.offsets(partitions, "latest")).items()}
        behind = [at for at, offset in least.items() if ends.get(at, 0) < offset]
        if not behind:
            return ends
        waited_s = asyncio.get_running_loop().time() - begun
        if waited_s > _LOST_AFTER_S:
            await _check_not_lost(log, {at: least[at] for at in behind})
        if waited_s > STABLE_WITHIN_S:
            raise WorkbenchError(
                f"the last stable offset of {behind[0]} stayed at {ends.get(behind[0])}, below what was sent; an open "
                "transaction of another producer holds it back. Verify again later.",
            )
        await asyncio.sleep(0.1)


async def _check_not_lost(log: RecordLog, least: Mapping[TopicPartition, int]) -> None:
    """Tell a log that became shorter from one whose end is held back by an open transaction."""
    ends = await log.offsets(least, "latest", isolation="read_uncommitted")
    for at, offset in least.items():
        if (ends.get(at) or 0) < offset:
            raise WorkbenchError(
                f"{at} ends at {number_text(ends.get(at) or 0)}, below what was sent and acknowledged: it was deleted "
                "and created again, or its brokers have lost records.",
            )
