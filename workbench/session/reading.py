"""Reads live topics without storing them: record by record, or by a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from datetime import timedelta

    from workbench.live.explanation.explanation import Explanation
    from workbench.live.paging import Page
    from workbench.live.search.search import Search
    from workbench.live.topic_statistics import TopicStatistics
    from workbench.model import Isolation, Record
    from workbench.model.causation import EventPosition, GraphViewSource
    from workbench.model.feeds import Progress, RecordDetail
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.widgets import CausationGraph


class ReadsTopics:
    """Gives `workbench.Cluster`, which inherits it, `records`, `search`, `page` and `explain`."""

    _connection: ClusterConnection

    def records(
        self,
        topics: TopicsLike,
        *,
        start: BoundLike = "end",
        end: BoundLike | None = None,
        stop_at_end: bool = False,
        isolation: Isolation = "read_committed",
    ) -> AsyncGenerator[Record, None]:
        """Read records one by one: ``async for record in cluster.records("orders")``.

        Records of a partition come in offset order. No consumer group is joined. Wrap the iterator in
        `contextlib.aclosing` if you leave the loop early.

        Args:
            topics: Topics to read.
            start: Where to begin; by default at the end.
            end: Where to stop, exclusive; resolved to offsets once, at the start. Without it reading never stops.
            stop_at_end: Stop at the offsets that are the end now; the same as ``end="end"``.
            isolation: ``read_uncommitted`` also gives records of open and aborted transactions.

        Raises:
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
            WindowError: ``start`` or ``end`` is not a valid bound.
        """
        from workbench.live.following import follow_records

        log = self._connection.require_open().log
        return follow_records(log, topics, start=start, end=end, stop_at_end=stop_at_end, isolation=isolation)

    def search(
        self,
        topics: TopicsLike,
        *,
        where: str | None = None,
        words: str | Sequence[str] | None = None,
        regex: str | re.Pattern[str] | None = None,
        key: str | bytes | None = None,
        start: BoundLike = "start",
        end: BoundLike = "end",
        limit: int = 10_000,
        newest_first: bool = False,
        isolation: Isolation = "read_committed",
        conventions: Mapping[str, Mapping[str, Any]] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Search:
        """Search live topics: ``found = await cluster.search("orders.*", where="payload->>'state' = 'failed'")``.

        Every record between the bounds is looked at, and only those that match are kept: no consumer group is joined
        and no file is made. The result says ``complete``, or why it is not. It is an iterable of records with
        ``.frame``, ``.trace(…)``, and can be given to `capture` and `Snapshot.replay`. ``async for record in
        cluster.search(…)`` gives each record when it is found; ``.cancel()`` ends a search, ``.progress`` tells how
        far it is.

        Args:
            topics: Topics to search.
            where: A condition in SQL over the columns of ``events`` and ``records``: ``event_type``, ``key``,
                ``payload->>'…'``, ``header(headers, 'type')``, ``timestamp``, …
            words: Texts that must all occur in key, value or headers, whatever their case: a text that is split at
                blanks, or a list.
            regex: A regular expression (RE2) that must match in key, value or a header.
            key: The key, exactly. Where the data shows which partitioner placed the keys, only the partition of this
                one is read; the notes say so.
            start: Where to begin; a time is the first offset at or after it.
            end: Where to stop, exclusive; resolved to offsets once, at the start.
            limit: Most records; the search stops when it has found them.
            newest_first: Walk from the end back to the start, by windows of time.
            isolation: ``read_uncommitted`` also searches records of open and aborted transactions.
            conventions: Additional envelope conventions by name.
            progress: Called a few times a second with the progress of each partition.

        Raises:
            ValidationError: A condition cannot be used.
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
            WindowError: ``start`` or ``end`` is not a valid bound.
        """
        from workbench.session.searching import search

        return search(
            self._connection.require_open(),
            topics,
            {"where": where, "words": words, "regex": regex, "key": key},
            start=start,
            end=end,
            limit=limit,
            newest_first=newest_first,
            isolation=isolation,
            conventions=conventions,
            progress=progress,
            viewer=self._draw_found,
        )

    async def page(
        self,
        topics: TopicsLike,
        *,
        start: BoundLike | None = None,
        end: BoundLike | None = None,
        count: int = 50,
        partition: int | None = None,
        isolation: Isolation = "read_committed",
    ) -> Page:
        """Read a page of records: those behind ``start``, or the last ones before ``end``.

        ``page.next()`` and ``page.previous()`` read on in both directions. No consumer group is joined.

        Args:
            topics: Topics to read; records of several partitions are merged by time. Or the position of a record,
                ``orders/3@1842``: its partition from there on.
            start: Where the page begins.
            end: Where it ends, exclusive.
            count: Records of a page.
            partition: Only this partition of each topic.
            isolation: ``read_uncommitted`` also gives records of open and aborted transactions.

        Raises:
            ConfigurationError: Not exactly one bound is given, or ``count`` is no number from 1 to 10,000.
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
        """
        from workbench.session.browsing import page

        return await page(
            self._connection.require_open(),
            topics,
            start=start,
            end=end,
            count=count,
            partition=partition,
            isolation=isolation,
        )

    async def record(self, position: str, *, isolation: Isolation = "read_committed") -> Record:
        """Read one record by its position, ``orders/3@1842``.

        Args:
            position: ``topic/partition@offset``.
            isolation: ``read_uncommitted`` also gives records of open and aborted transactions.

        Raises:
            UnknownEventError: There is no record at this position.
            UnknownTopicError: There is no such topic or partition.
            PositionError: It is no position.
        """
        from workbench.session.browsing import record

        return await record(self._connection.require_open(), position, isolation=isolation)

    async def explain(
        self,
        position: str,
        *,
        topics: TopicsLike = "*",
        around: str | timedelta = "5m",
        most_s: float = 30.0,
        isolation: Isolation = "read_committed",
    ) -> Explanation:
        """Explain a record: what led to it, what came of it, and which consumer groups have passed it.

        Causes and effects are looked for in ``topics``, by the ids that the record and its relatives name, among the
        records around its time. ``.read`` and ``.notes`` say what was searched; ``.trace`` is the causal graph.

        Args:
            position: ``topic/partition@offset``.
            topics: Topics in which relatives are looked for.
            around: How far from the record's time: ``"5m"`` (units ms s m h d) or a timedelta.
            most_s: Seconds after which reading ends; what was found until then is explained.
            isolation: ``read_uncommitted`` also takes records of open and aborted transactions.

        Raises:
            UnknownEventError: There is no record at this position.
            UnknownTopicError: There is no such topic or partition.
            WindowError: ``around`` is no duration.
        """
        from workbench.session.browsing import explain

        return await explain(
            self._connection.require_open(),
            position,
            self.search,
            topics=topics,
            around=around,
            most_s=most_s,
            isolation=isolation,
        )

    async def statistics(
        self,
        topics: TopicsLike,
        *,
        start: BoundLike = "start",
        end: BoundLike = "end",
        limit: int = 5_000_000,
        isolation: Isolation = "read_committed",
        progress: Callable[[int], None] | None = None,
    ) -> TopicStatistics:
        """Count what a window of topics holds: keys, sizes, nulls, event types, fields by example; nothing is stored.

        ``before.drift(after)`` says how a later window differs.

        Args:
            topics: Topics to read.
            start: Where to begin.
            end: Where to stop, exclusive; resolved once.
            limit: Most records that are read.
            isolation: ``read_uncommitted`` also counts records of open and aborted transactions.
            progress: Called with the number of records that were read.

        Raises:
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
        """
        from workbench.session.browsing import statistics

        return await statistics(
            self._connection.require_open(),
            topics,
            start=start,
            end=end,
            limit=limit,
            isolation=isolation,
            progress=progress,
        )

    def _draw_found(
        self, views: GraphViewSource, *, record: Callable[[EventPosition], RecordDetail | None], **options: Any
    ) -> CausationGraph:
        from workbench.widgets import CausationGraph

        return CausationGraph(views, supervisor=self._connection.tasks, record=record, **options)
