"""Searches of real topics: each test runs on the memory backend and on a real Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import workbench as wb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from workbench.session.cluster import Cluster


@pytest.fixture
async def cluster(address: str) -> AsyncIterator[Cluster]:
    async with await wb.connect(address, write=True, reason="test") as opened:
        yield opened


@pytest.fixture
async def topic(cluster: Cluster, topic_name: Callable[..., str]) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Factory: ``await topic(partitions=3)`` gives the name of a new topic, deleted afterwards."""
    made: list[str] = []

    async def make(*, partitions: int = 1, config: dict[str, str] | None = None) -> str:
        name = topic_name("wb-search")
        await cluster.log.create_topic(name, partitions=partitions, config=config)
        made.append(name)
        return name

    yield make
    for name in made:
        await cluster.log.delete_topic(name)
