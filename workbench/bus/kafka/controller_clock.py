"""Compares this machine's clock with the one of the controller that leads.

No request asks for the time. But the leading controller states of each voter when it was last up to date, and of itself
that is the moment of its answer (``LeaderState.describeReplicaState`` of Apache Kafka).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.bus.kafka.wire.codes import Code
from workbench.bus.kafka.wire.quorum import DescribeQuorumRequest, DescribeQuorumRequest_v1
from workbench.model.topics import ClockOffset

if TYPE_CHECKING:
    from workbench.bus.kafka.connection.session import Session

_NS_PER_MS = 1_000_000
_PARTITIONS, _ERROR, _LEADER, _VOTERS, _CAUGHT_UP = 1, 1, 2, 5, 3
"""Places in the answer: of a topic its partitions; of a partition error, leader and voters; of a voter its time."""


async def clock_offset(session: Session) -> ClockOffset | None:
    """Return how far the controller's clock is ahead; None where the brokers or this user's rights do not tell."""
    request = DescribeQuorumRequest_v1
    if not await session.connections.supports(request.API_KEY, request.API_VERSION):
        return None
    node = min((await session.connections.metadata([])).brokers)
    asked_ns = time.time_ns()
    answer = await session.connections.send(node, DescribeQuorumRequest())
    answered_ns = time.time_ns()
    if answer.error_code != Code.NONE:
        return None
    states = [state for topic in answer.topics for state in topic[_PARTITIONS] if state[_ERROR] == Code.NONE]
    times = [voter[_CAUGHT_UP] for state in states for voter in state[_VOTERS] if voter[0] == state[_LEADER]]
    if not times or times[0] < 0:
        return None
    middle_ms = (asked_ns + answered_ns) // 2 // _NS_PER_MS
    return ClockOffset(times[0] - middle_ms, (answered_ns - asked_ns) // 2 // _NS_PER_MS + 1)
