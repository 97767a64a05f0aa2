"""The acts of a writable cluster: plans, runs and takes back changes of topics, records and group offsets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from workbench.acts.act import ActReport
from workbench.acts.groups import offset_rows
from workbench.acts.running import Access, plan_act, run_act
from workbench.acts.topics import record_parameters
from workbench.config.folders import config_folder
from workbench.errors import ValidationError
from workbench.model import NewRecord, TopicPartition
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Offset, parse_bound
from workbench.session.audited import audited_in
from workbench.session.connection.acting_user import acting_user
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from workbench.acts.act import Act, ActName, Undo
    from workbench.bus.protocols import RecordLog
    from workbench.model import Record
    from workbench.model.records.record import HeaderList
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.session.connection.cluster_connection import ClusterConnection

FILE_NAME = "acts.journal.duckdb"


def act_journal() -> Path:
    """Return the file whose table ``audit`` has two rows for each act that this user ran."""
    return config_folder() / FILE_NAME


class ClusterActs:
    """Plans acts, and runs them. A plan says what would be changed, from what to what, and changes nothing.

    ``act = await writer.acts.delete_topic("old")`` shows the plan; ``await writer.acts.run(act, confirm="old")`` runs
    it: the name of the topic or group has to be typed. Two rows of the audit, in the file that `act_journal` names, say
    what was done and what became of it, with what an undo needs.
    """

    def __init__(self, connection: ClusterConnection) -> None:
        self._connection = connection

    def __repr__(self) -> str:
        return f"<ClusterActs of {visible(self._connection.name, 80)}>"

    async def create_topic(
        self,
        topic: str,
        *,
        partitions: int = 1,
        replication_factor: int = 1,
        config: Mapping[str, str] | None = None,
    ) -> Act:
        """Plan to make a topic."""
        given = {"partitions": partitions, "replication_factor": replication_factor, "config": dict(config or {})}
        return await self._plan("create_topic", {"topic": topic, **given})

    async def add_partitions(self, topic: str, total: int) -> Act:
        """Plan to add partitions to a topic, up to a total."""
        return await self._plan("add_partitions", {"topic": topic, "total": total})

    async def change_config(self, topic: str, settings: Mapping[str, str | None]) -> Act:
        """Plan to change settings of a topic; None takes one back to its default. What it had is kept for an undo."""
        return await self._plan("change_config", {"topic": topic, "settings": dict(settings)})

    async def delete_records(self, topic: str, before: BoundLike) -> Act:
        """Plan to delete the records of every partition before a bound: an offset, ``"-1h"``, ``"@2026-…"``."""
        offsets = await offsets_at(self._log, topic, before)
        return await self._plan("delete_records", {"topic": topic, "before": offset_rows(offsets)})

    async def delete_topic(self, topic: str, *, accept_groups: bool = False) -> Act:
        """Plan to delete a topic with its records.

        Args:
            topic: The topic.
            accept_groups: Allow it although active groups read it.
        """
        return await self._plan("delete_topic", {"topic": topic, "accept_groups": accept_groups})

    async def produce(
        self,
        topic: str,
        *,
        key: bytes | None = None,
        value: bytes | None = None,
        headers: HeaderList = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
        like: Record | None = None,
    ) -> Act:
        """Plan to write one record.

        Args:
            topic: The topic, which must exist.
            key: Its key.
            value: Its value; None is a tombstone.
            headers: Its headers.
            partition: None chooses it by the key.
            timestamp_ms: None is the time of writing.
            like: An existing record beside which the plan shows it, as a difference.
        """
        record = record_parameters(NewRecord(topic, key, value, headers, partition, timestamp_ms))
        shown = None if like is None else record_parameters(NewRecord(topic, like.key, like.value, like.headers))
        return await self._plan("produce", {"topic": topic, **record, "like": shown})

    async def produce_like(self, position: str, topic: str | None = None, **changes: Any) -> Act:
        """Plan to write a copy of a record, with changes; the plan shows both.

        Args:
            position: The record, ``topic/partition@offset``.
            topic: Where to; by default its own topic.
            changes: ``key``, ``value``, ``headers``, ``partition``, ``timestamp_ms``; what is not named is copied, but
                for the last two: the key chooses the partition, and the time is that of writing.

        Raises:
            UnknownEventError: There is no such record.
            ValidationError: Records of its topic are masked: a copy would write what is left of them.
        """
        from workbench.session.browsing import record

        connection = self._connection.require_open()
        like = await record(connection, position, isolation="read_committed")
        if connection.hides(like.topic):
            name = visible(like.topic, 100)
            raise ValidationError(f"Records of {name} are masked here: a copy would write what is left of them.")
        copied = {"key": like.key, "value": like.value, "headers": like.headers}
        return await self.produce(topic or like.topic, **{**copied, **changes}, like=like)

    async def reset_offsets(self, group: str, to: BoundLike, *, topics: TopicsLike | None = None) -> Act:
        """Plan to set the offsets of an empty group; those it has are kept for an undo.

        Args:
            group: The group, which must have no members.
            to: ``"start"``, ``"end"``, an offset, ``"-1h"``, ``"@2026-…"``, ``"group:other"``; offsets apply to each
                partition.
            topics: Topics; by default those for which the group stored offsets.
        """
        if topics is None:
            topics = sorted({place.topic for place in await self._log.committed(group)})
            if not topics:
                raise ValidationError(f"Group {visible(group, 100)} stored no offsets: name the topics, topics=…")
        bound = parse_bound(to)
        offsets = await offsets_at(self._log, topics, bound)
        if isinstance(bound, Offset):
            offsets = dict.fromkeys(offsets, bound.offset)  # the plan says where it is outside of the log
        return await self._plan("reset_offsets", {"group": group, "offsets": offset_rows(offsets)})

    async def delete_group(self, group: str) -> Act:
        """Plan to delete a group without members; its offsets are kept for an undo."""
        return await self._plan("delete_group", {"group": group})

    async def undo(self, done: ActReport | str) -> Act:
        """Plan to take an act back.

        Args:
            done: Its report, or its operation id in the journal.

        Raises:
            ValidationError: It cannot be taken back, or the journal has no such operation.
        """
        undo = done.undo if isinstance(done, ActReport) else await asyncio.to_thread(undo_of, done)
        if undo is None:
            raise ValidationError("This act cannot be taken back; its plan says why.")
        return await self._plan(undo.action, undo.parameters)

    async def run(self, act: Act, *, confirm: str | None = None) -> ActReport:
        """Run an act.

        Args:
            act: The act, planned within the last hour.
            confirm: The name of its topic or group, typed.

        Raises:
            ReplayRefused: It is not confirmed, something speaks against it, or what is there now is not what was
                planned; nothing was changed.
            AuthenticationError: This user has not the right to do it; nothing was changed.
            SnapshotError: The journal cannot be written; nothing was changed.
        """
        connection = self._connection.require_open()

        def audited(
            action: str, operation_id: str, facts: Mapping[str, Any]
        ) -> AbstractAsyncContextManager[dict[str, Any]]:
            named = {"who": acting_user(connection.profile), "reason": connection.reason, "cluster": connection.name}
            return audited_in(act_journal(), action, operation_id, **named, facts=facts)

        return await run_act(self._access, act, confirm, audited)

    @property
    def _log(self) -> RecordLog:
        return self._connection.require_open().log

    @property
    def _access(self) -> Access:
        return Access(self._log, self._connection.writable, self._connection.name)

    async def _plan(self, action: ActName, parameters: Mapping[str, Any]) -> Act:
        return await plan_act(self._access, action, parameters)


async def offsets_at(log: RecordLog, topics: TopicsLike, bound: BoundLike) -> dict[TopicPartition, int]:
    """Return the offset that a bound means in each partition of topics, not above its end."""
    from workbench.capture.window import resolve_window

    window = await resolve_window(log, parse_topics(topics), parse_bound(bound), None, isolation="read_uncommitted")
    return {TopicPartition(span.topic, span.partition): span.start for span in window.spans}


def undo_of(operation_id: str) -> Undo | None:
    """Read from the journal what takes an operation back.

    Raises:
        ValidationError: The journal has no operation of this id that was done.
    """
    from workbench.acts.act import Undo
    from workbench.store.journal import Journal

    path = act_journal()
    rows = []
    if path.exists():
        with Journal.open(path) as journal:
            rows = [row for row in journal.audit_rows(operation_id) if row["result"] == "done"]
    if not rows:
        raise ValidationError(f"The journal {path} has no act {visible(operation_id, 100)} that was done.")
    found = rows[-1]["details"].get("undo")
    return None if found is None else Undo(found["action"], found["parameters"])
