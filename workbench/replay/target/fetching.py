"""Fetches the facts about a target: metadata, settings and consumer groups. It changes nothing on the cluster."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING, Protocol

from workbench.errors import WorkbenchError
from workbench.replay.target.facts import Connection, GroupFacts, TargetFacts, TopicFacts
from workbench.replay.target.names import resolve_targets
from workbench.replay.target.present import find_present

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pyarrow as pa

    from workbench.bus.protocols import RecordLog
    from workbench.model import GroupInfo, TopicInfo
    from workbench.model.selecting.selection import SelectedSource
    from workbench.model.topics import ClockOffset
    from workbench.replay.draft import Draft

_SETTINGS = (
    "retention.ms",
    "cleanup.policy",
    "max.message.bytes",
    "message.timestamp.type",
    "message.timestamp.before.max.ms",
    "message.timestamp.after.max.ms",
    "message.timestamp.difference.max.ms",
)
_PRODUCER_EXPIRY = ("producer.id.expiration.ms", "transactional.id.expiration.ms")
"""Brokers before Kafka 3.5 know only the second one (KIP-854), for both purposes."""
_UNSETTLED = frozenset({"unknown", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"})
_AT_ONCE = 8
"""Groups whose offsets are asked for at the same time."""


class RunsInDoubt(Protocol):
    """Knows the earlier runs whose result is not known; the journal does."""

    def in_doubt(self, cluster_id: str, topics: Collection[str]) -> Sequence[str]:
        """Return the ids of such runs on these topics."""
        ...


async def fetch_facts(
    log: RecordLog,
    draft: Draft,
    to: str | Mapping[str, str] | None = None,
    *,
    connection: Connection | None = None,
    journal: RunsInDoubt | None = None,
) -> TargetFacts:
    """Fetch the facts about the targets of a draft.

    Args:
        log: An open record log of the target cluster.
        draft: The records to send.
        to: Target topic, a target for each source topic, or None for topics that the run creates.
        connection: Properties of the connection; read-only by default.
        journal: Where earlier runs are recorded.

    Raises:
        ConfigurationError: A name that no topic can have, or a source topic without a target.
    """
    run_id = str(uuid.uuid4())
    targets = resolve_targets(to, draft.topics, run_id)
    sources = draft.sources.values()
    return await _facts(
        log,
        sources,
        targets,
        run_id,
        draft.records,
        watched=draft.options.brake_topics,
        named=to is not None,
        connection=connection,
        journal=journal,
    )


async def fetch_again(
    log: RecordLog,
    planned: TargetFacts,
    sources: Iterable[SelectedSource],
    records: pa.Table,
    *,
    connection: Connection,
    journal: RunsInDoubt | None,
) -> TargetFacts:
    """Fetch the facts of the planned targets once more, for the same run.

    Args:
        log: An open record log of the target cluster.
        planned: Facts that the plan was made from.
        sources: Sources of the planned records.
        records: The planned records.
        connection: Properties of the connection that runs the plan.
        journal: Where earlier runs are recorded.
    """
    return await _facts(
        log,
        sources,
        planned.targets,
        planned.run_id,
        records,
        watched=planned.topics,
        named=planned.named,
        connection=connection,
        journal=journal,
    )


async def _facts(
    log: RecordLog,
    sources: Iterable[SelectedSource],
    targets: Mapping[str, str],
    run_id: str,
    records: pa.Table,
    *,
    watched: Collection[str],
    named: bool,
    connection: Connection | None,
    journal: RunsInDoubt | None,
) -> TargetFacts:
    names = sorted(set(targets.values()))
    own_sources = {source.topic for source in sources if source.cluster_id == log.cluster_id}
    topics = await topic_facts(log, {*names, *own_sources, *watched})
    existing = [name for name in names if topics[name].exists]
    groups, unclear = await _groups(log, existing) if existing else ((), ())
    return TargetFacts(
        run_id=run_id,
        asked_at_ms=now_ms(),
        cluster_id=log.cluster_id,
        address=log.address,
        connection=connection or Connection(),
        targets=dict(targets),
        named=named,
        topics=topics,
        groups=groups,
        unclear_groups=unclear,
        in_doubt=tuple(await asyncio.to_thread(journal.in_doubt, log.cluster_id, names)) if journal else (),
        producer_expiry=await _producer_expiry(log),
        clock_offset=await _clock_offset(log),
        present=await find_present(log, [topics[name] for name in existing], records) if existing else (),
    )


async def _producer_expiry(log: RecordLog) -> tuple[str, int] | None:
    """Return the setting after which a broker forgets a producer, and its smallest value among the brokers."""
    try:
        brokers = await log.broker_settings(_PRODUCER_EXPIRY)
    except WorkbenchError:
        return None  # without the right, or from a broker that has no such request
    for name in _PRODUCER_EXPIRY:
        values = [int(settings[name]) for settings in brokers.values() if settings.get(name, "").isdecimal()]
        if values:
            return name, min(values)
    return None


async def _clock_offset(log: RecordLog) -> ClockOffset | None:
    try:
        return await log.clock_offset()
    except WorkbenchError:
        return None  # without the right to describe the cluster


def now_ms() -> int:
    """Return the time of this machine, UTC milliseconds."""
    return time.time_ns() // 1_000_000


async def topic_facts(log: RecordLog, names: Collection[str]) -> dict[str, TopicFacts]:
    """Fetch the facts of the named topics, including those that do not exist."""
    found = {info.name: _topic(info) for info in await log.describe(names)}
    return {name: found.get(name) or TopicFacts(name, exists=False) for name in sorted(names)}


def _topic(info: TopicInfo) -> TopicFacts:
    values = {name: info.config[name].value for name in _SETTINGS if name in info.config}
    return TopicFacts(
        info.name,
        exists=True,
        topic_id=info.topic_id,
        begin={part.partition: part.begin for part in info.partitions},
        end={part.partition: part.end for part in info.partitions},
        config=values,
        config_known=bool(info.config),
        replication_factor=max(info.replication_factor, 1),
    )


async def _groups(log: RecordLog, topics: Collection[str]) -> tuple[tuple[GroupFacts, ...], tuple[str, ...]]:
    ids = await log.groups()
    described = await log.describe_groups(ids)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def offsets(group_id: str) -> dict[str, dict[int, int]]:
        async with gate:
            committed = await log.committed(group_id)
        by_topic: dict[str, dict[int, int]] = {}
        for at, value in committed.items():
            if at.topic in topics:
                by_topic.setdefault(at.topic, {})[at.partition] = value.offset
        return by_topic

    committed = await asyncio.gather(*(offsets(group.group_id) for group in described))
    found, unclear = [], []
    for group, stored in zip(described, committed, strict=True):
        members = _members_on(group, topics)
        if members or stored:
            found.append(GroupFacts(group.group_id, group.state, members, stored))
        elif group.state in _UNSETTLED or group.error:
            unclear.append(group.group_id)
    return tuple(sorted(found, key=lambda group: group.group_id)), tuple(sorted(unclear))


def _members_on(group: GroupInfo, topics: Collection[str]) -> int:
    return sum(any(at.topic in topics for at in member.partitions) for member in group.members)
