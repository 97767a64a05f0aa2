"""Reads pages, statistics, partitions and explanations of a cluster by its address, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.session.connecting import connect
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.live.explanation.explanation import Explanation
    from workbench.live.topic_statistics import TopicStatistics
    from workbench.model import Chunk
    from workbench.model.selecting.topic_selection import TopicsLike


async def read_page(
    address: str | None,
    topics: TopicsLike,
    show: Callable[[Chunk], None],
    *,
    schema_registry: str | None = None,
    **options: Any,
) -> tuple[int, dict[str, int], dict[str, int]]:
    """Read one page and hand on each record, in order.

    Args:
        address: The cluster; see `connect`.
        topics: Topics, or the position of a record.
        show: Receives each record, as a chunk.
        schema_registry: URL of the schema registry, in place of the profile's.
        options: See `Cluster.page`.

    Returns:
        The number of records, and the offsets at which the page and the next one begin, by ``topic/partition``.
    """
    from workbench.live.search.columns import chunks_of

    async with await connect(address, schema_registry=schema_registry) as cluster:
        page = await cluster.page(topics, **options)
    for chunk in chunks_of(page.table):
        show(chunk)
    begins, ends = (
        {partition_text(p.topic, p.partition): at for p, at in one.items()} for one in (page.start, page.stop)
    )
    return len(page), begins, ends


async def read_statistics(
    address: str | None, topics: TopicsLike, *, schema_registry: str | None = None, **options: Any
) -> TopicStatistics:
    """Count a window of topics; see `Cluster.statistics`."""
    async with await connect(address, schema_registry=schema_registry) as cluster:
        return await cluster.statistics(topics, **options)


async def list_partitions(address: str | None, topics: TopicsLike) -> list[dict[str, Any]]:
    """Describe partitions, as dictionaries; see `Cluster.partitions`."""
    async with await connect(address) as cluster:
        return await cluster.partition_rows(topics)


async def explain_record(
    address: str | None, position: str, *, schema_registry: str | None = None, **options: Any
) -> Explanation:
    """Explain one record; see `Cluster.explain`."""
    async with await connect(address, schema_registry=schema_registry) as cluster:
        return await cluster.explain(position, **options)
