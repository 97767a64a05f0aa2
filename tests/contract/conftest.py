"""The backends of the contract suite: a test that takes ``address`` or ``log`` runs on memory and on a real Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from redpanda_host import REDPANDA

from workbench.bus import open_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from workbench.bus import RecordLog


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.broker)])
def address(request: pytest.FixtureRequest, topic_name: Callable[..., str]) -> str:
    """An embedded cluster of the test's own, or the Kafka or Redpanda of this session."""
    if request.param == "memory":
        return f"memory://{topic_name('cluster')}"
    return f"{'kafka' if REDPANDA is None else 'redpanda'}://{request.getfixturevalue('kafka_address')}"


@pytest.fixture
async def log(address: str) -> AsyncIterator[RecordLog]:
    async with open_log(address) as opened:
        yield opened
