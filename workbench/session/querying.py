"""Defines `SnapshotQueries`, the methods of a snapshot whose answers are tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    import pandas as pd
    import pyarrow as pa

    from workbench.exploration import Description, EventRate
    from workbench.exploration.masking import MaskingSuggestions
    from workbench.model.lineage import LineageFeed
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.store.snapshot.store import SnapshotStore
    from workbench.transforms import TransformResult
    from workbench.transforms.guest.module import ModuleLike
    from workbench.transforms.running.partition_run import OnError
    from workbench.transforms.views.comparison import ViewComparison
    from workbench.widgets import LineagePanel


class SnapshotQueries:
    """Answers SQL and the usual questions about events and payloads; `workbench.Snapshot` inherits it."""

    def __init__(self, store: SnapshotStore) -> None:
        self.store = store
        """The open file, for tables and cursors that this class does not offer."""

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None, **frames: Any) -> pd.DataFrame:
        """Run one SELECT and return a frame of fixed dtypes, with its provenance in ``.attrs["provenance"]``.

        Views: ``events`` (decoded: topic, partition, offset, timestamp, event_id, event_type, correlation_id, …) and
        ``records`` (raw: key, value, headers). ``params`` binds ``?`` (a list) or ``$name`` (a mapping).
        Further named arguments are pandas or Arrow tables of your own, which the query reads by these names:
        ``snap.sql("… join customers …", customers=frame)``.

        Raises:
            QueryError: The query is not a single SELECT, a frame cannot be used, or DuckDB cannot run it.
        """
        return self.store.sql(query, params, frames=frames)

    def sql_arrow(self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None, **frames: Any) -> pa.Table:
        """Run one SELECT like `sql` and return an Arrow table, which is faster for many rows."""
        return self.store.sql_arrow(query, params, frames=frames)

    def events(
        self,
        *,
        topic: str | Sequence[str] | None = None,
        type: str | Sequence[str] | None = None,  # noqa: A002 - the name that users read in frames
        source: str | Sequence[str] | None = None,
        correlation_id: str | Sequence[str] | None = None,
        start: BoundLike | None = None,
        end: BoundLike | None = None,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return decoded events as a frame, ordered by time and position.

        Times are compared with the record timestamp.

        Args:
            topic: Physical topic names, one or several.
            type: Event types, one or several.
            source: Event sources, one or several.
            correlation_id: Correlation ids, one or several.
            start: Events from here on: a time, an offset, or ``"start"``.
            end: Events before here: a time, an offset, or ``"end"``.
            where: An SQL condition over the columns of ``events``.
            params: Values of the ``$names`` in ``where``.
            limit: Largest number of rows; ``.attrs["truncated"]`` says whether there were more.
            columns: Only these; ``key``, ``value``, ``headers``, ``key_text``, ``value_text``, ``payload`` as well.

        Raises:
            QueryError: The condition is not valid.
            WindowError: ``start`` or ``end`` is not valid for a snapshot.
        """
        return self.store.events(
            topic=topic,
            type=type,
            source=source,
            correlation_id=correlation_id,
            start=start,
            end=end,
            where=where,
            params=params,
            limit=limit,
            columns=columns,
        )

    def payload(self, topics: TopicsLike) -> pd.DataFrame:
        """Return payloads as a frame with one typed column for each path of the JSON values, and their positions.

        In SQL the same is a table: ``select * from "payload:orders"``. ``.attrs["notes"]`` says what stayed text.

        Args:
            topics: A topic name, a list, or a pattern.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
        """
        return self.store.payload(topics)

    @property
    def provenance(self) -> pd.DataFrame:
        """The captured offset ranges: cluster, topic, partition, offsets, gaps, isolation, state and its reason."""
        return self.store.ranges

    def describe(self, topics: TopicsLike | None = None, *, sample: int = 10_000) -> Description:
        """Describe topics: fields with types and examples, ids that join, conventions to paste; see `.frame`, `.toml`.

        Args:
            topics: Name, list, shell pattern or regular expression; by default all.
            sample: Records of each topic that are looked into, the newest.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
        """
        from workbench.exploration import describe

        return describe(self.store, topics, sample=sample)

    def suggest_masking(self, topics: TopicsLike | None = None, *, sample: int = 1_000) -> MaskingSuggestions:
        """Look for what usually has to be hidden: tokens, card numbers, e-mail addresses, fields named like secrets.

        Args:
            topics: Name, list, shell pattern or regular expression; by default all.
            sample: Records of each topic that are looked into, the newest.

        Returns:
            ``.frame`` of the fields, without their values, and ``.toml``, rules to read and paste. Nothing is masked.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
        """
        from workbench.exploration.masking import suggest_masking

        return suggest_masking(self.store, topics, sample)

    def rate(
        self, by: str | None = "event_type", *, topics: TopicsLike | None = None, every: timedelta | None = None
    ) -> EventRate:
        """Count events per time bucket; the result has ``.frame``, and ``.plot()`` draws it.

        Args:
            by: A column of ``events`` whose values are counted apart; None counts all events together.
            topics: Name, list, shell pattern or regular expression; by default all.
            every: Width of a bucket; by default a round one that gives at most 60 buckets.

        Raises:
            QueryError: There is no such column, or the width is not possible.
            UnknownTopicError: The snapshot has no such topic.
        """
        from workbench.charts.display import show_figure
        from workbench.exploration import event_rate

        return event_rate(self.store, by, topics=topics, every=every, viewer=show_figure)

    def transform(
        self,
        module: ModuleLike,
        *,
        topics: TopicsLike,
        name: str | None = None,
        output_topics: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        limit: int | None = None,
        on_error: OnError = "stop",
        **options: Any,
    ) -> TransformResult:
        """Run a Redpanda data transform (WebAssembly) over captured records, as a broker would; nothing is sent.

        Args:
            module: A path or ``file:`` URL of a ``.wasm`` or ``.wat`` file, bytes, or ``sample:mask``.
            topics: Name, list, shell pattern or regular expression of the topics to read.
            name: Name of the transform; by default that of the file.
            output_topics: Topics that it may write to, the first one by default; unless given, one named like it.
            environment: Variables that it reads.
            where: An SQL condition over the columns of ``events`` that selects the records.
            params: Values of the ``$names`` in ``where``.
            limit: Most records to read.
            on_error: What a failing record does: ``stop`` its partition, or ``skip`` the record and count it.
            options: ``limits``, the `workbench.transforms.Limits` of the run; ``schemas``, a
                `workbench.transforms.SubjectSchemas` for transforms that ask a schema registry.

        Raises:
            TransformError: A broker would refuse the module, its name, topics or variables.
            MissingExtraError: wasmtime is not installed.
            UnknownTopicError: The snapshot has no such topic.
            QueryError: The condition is not valid.
        """
        from workbench.transforms import transform_snapshot

        result = transform_snapshot(
            self.store,
            module,
            topics=topics,
            name=name,
            output_topics=output_topics,
            environment=environment,
            where=where,
            params=params,
            limit=limit,
            on_error=on_error,
            **options,
        )
        result.viewer = _lineage_panel
        return result

    def compare_view(
        self,
        module: ModuleLike,
        *,
        source: str,
        view: str,
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> ViewComparison:
        """Compare a captured view with what its module makes of the captured source, record by record.

        Args:
            module: The module of the view; see `transform`.
            source: The captured topic that the view is made of.
            view: The captured topic of the view; that is its name, too.
            environment: Variables of the view.
            options: ``limits``, ``schemas``; see `transform`.

        Returns:
            ``.agrees``, counts of records that match, are doubled, missing or extra, ``.frame`` of the differences, and
            ``.show()``, a panel of source and view side by side.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
            ValidationError: A name stands for more than one captured topic.
            TransformError: The module is refused.
        """
        from workbench.transforms.views.comparison import compare_view

        found = compare_view(self.store, module, source=source, view=view, environment=environment, **options)
        found.result.viewer = _lineage_panel
        return found


def _lineage_panel(feed: LineageFeed, **options: Any) -> LineagePanel:
    from workbench.widgets import LineagePanel

    return LineagePanel(feed, **options)
