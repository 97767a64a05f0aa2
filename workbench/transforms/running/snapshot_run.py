"""Transforms the captured records of topics, partition after partition, in bounded batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ValidationError
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.topics import TopicInfo
from workbench.transforms.guest.module import read_module
from workbench.transforms.limits import Limits
from workbench.transforms.running.captured import captured_batches
from workbench.transforms.running.lineage import LineagePart, RunLineage
from workbench.transforms.running.partition_run import PartitionRun
from workbench.transforms.running.result import RunFacts, TransformResult
from workbench.transforms.running.spool import OutputSpool
from workbench.transforms.spec import TransformSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.store import SnapshotStore
    from workbench.store.snapshot.sources import Source
    from workbench.transforms.guest.module import ModuleLike
    from workbench.transforms.guest.registry_functions import SchemaSource
    from workbench.transforms.running.partition_run import OnError


def transform_snapshot(
    store: SnapshotStore,
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
    limits: Limits | None = None,
    schemas: SchemaSource | None = None,
) -> TransformResult:
    """Transform captured records; see `workbench.session.snapshot.Snapshot.transform`."""
    if on_error not in {"stop", "skip"}:
        raise ValidationError(f"on_error={on_error!r} is not possible; choose 'stop' or 'skip'.")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise ValidationError(f"limit={limit!r} is no number of records.")
    checked = read_module(module)
    sources = selected_sources(store, topics)
    named = name or checked.name
    specs = {
        source.source_id: TransformSpec(
            name=named,
            input_topic=source.topic,
            output_topics=tuple(output_topics or (named,)),
            environment=dict(environment or {}),
        )
        for source in sources
    }
    for spec in specs.values():
        spec.check()
    spool = OutputSpool((limits or Limits()).output_bytes)
    parts: list[LineagePart] = []
    try:
        for source_id, spec in specs.items():
            done = sum(part.counts.records + part.counts.skipped for part in parts)
            rest = None if limit is None else limit - done
            for partition, batches in captured_batches(store, source_id, where=where, params=params, limit=rest):
                run = PartitionRun(
                    checked,
                    spec,
                    partition,
                    batches=batches,
                    sink=spool,
                    limits=limits,
                    schemas=schemas,
                    on_error=on_error,
                )
                spool.begin(len(parts))
                parts.append(LineagePart(source_id, run))
                run.run()
        spool.finish()
    except BaseException:
        spool.close()
        raise
    runs = [part.run for part in parts]
    ranges = store.ranges_table()
    facts = RunFacts(
        digest=checked.digest,
        specs=list(specs.values()),
        counts=[run.counts for run in runs],
        errors=[error for run in runs for error in run.errors],
        log=[line for run in runs for line in run.log.lines],
        dropped_lines=sum(run.log.dropped for run in runs),
        ranges=ranges.filter(pc.is_in(ranges["source_id"], value_set=pa.array(list(specs), ranges["source_id"].type))),
        limit=limit,
        registry_off=checked.uses_registry and schemas is None,
    )
    return TransformResult(spool, facts, RunLineage(store, spool, parts, where, params))


def selected_sources(store: SnapshotStore, topics: TopicsLike) -> list[Source]:
    """Return the captured sources of topics; a topic that was recreated, or is on two clusters, has several.

    Raises:
        UnknownTopicError: The snapshot has no such topic.
    """
    sources = store.sources()
    known = [TopicInfo(name, None, internal=False, partitions=()) for name in dict.fromkeys(s.topic for s in sources)]
    wanted = {topic.name for topic in parse_topics(topics).resolve(known)}
    return [source for source in sources if source.topic in wanted]
