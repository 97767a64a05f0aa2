"""Writing exact records, at once or in transactions; one outcome per record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.bus.memory.storage.batches import Row
from workbench.bus.placement import Placement
from workbench.errors import BrokerUnavailableError, PublishError, WorkbenchError
from workbench.model.record import NewRecord, TimestampType
from workbench.model.topics import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from workbench.bus.memory.cluster.cluster import Cluster
    from workbench.bus.memory.cluster.connection import Connection
    from workbench.bus.memory.cluster.topics import Topic
    from workbench.bus.memory.storage.batches import Transaction
    from workbench.bus.memory.storage.partition import PartitionLog

    Lanes: TypeAlias = dict[PartitionLog, tuple[list[int], list[Row]]]

_APPEND, _CREATE = int(TimestampType.APPEND), int(TimestampType.CREATE)

State: TypeAlias = Literal["none", "open", "failed", "fenced", "closed"]


class MemoryWriter:
    """See `workbench.bus.protocols.Writer`."""

    def __init__(self, connection: Connection, transactional_id: str | None) -> None:
        self._connection = connection
        self._transactional_id = transactional_id
        self._epoch: int | None = None
        self._transaction: Transaction | None = None
        self._placement = Placement()
        self._state: State = "none"

    async def __aenter__(self) -> Self:
        if self._transactional_id is not None:
            await self._identify(self._transactional_id)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def send(self, records: Sequence[NewRecord]) -> list[Outcome]:
        """Write records in order per partition; one outcome each, same order.

        Raises:
            WorkbenchError: The writer is closed, or transactional and outside an open transaction.
        """
        self._require_sendable()
        try:
            cluster = await self._connection.call("Writing")
        except BrokerUnavailableError as error:
            outcomes = [Outcome("unknown", r.topic, r.partition, error=error) for r in records]
        else:
            outcomes = self._send(cluster, records)
        if self._state == "open" and any(outcome.status != "acked" for outcome in outcomes):
            self._state = "failed"
        return outcomes

    async def begin(self) -> None:
        """Open a transaction.

        Raises:
            PublishError: Another writer took the transactional id.
            WorkbenchError: The writer is not transactional, or a transaction is open or has failed.
        """
        transactional_id = self._require_transactional("begin")
        if self._state != "none":
            raise WorkbenchError(f"A transaction of {transactional_id} is {self._state}: end it first.")
        cluster = await self._connection.call("Beginning a transaction")
        epoch = await self._identify(transactional_id) if self._epoch is None else self._epoch
        self._transaction = cluster.transactions.begin(transactional_id, epoch)
        self._state = "open"

    async def commit(self) -> None:
        """Make what was sent since `begin` visible, all of it.

        Raises:
            PublishError: The transaction was fenced; nothing of it is visible.
        """
        transactional_id = self._require_transactional("commit")
        if self._state != "open":
            advice = "Begin one first." if self._state == "none" else "Abort it."
            raise WorkbenchError(
                f"No transaction of {transactional_id} can be committed: it is {self._state}. {advice}"
            )
        await self._end(transactional_id, commit=True)

    async def abort(self) -> None:
        """Undo what was sent since `begin`; also the way out of a transaction that failed."""
        transactional_id = self._require_transactional("abort")
        if self._state == "none":
            raise WorkbenchError(f"No transaction of {transactional_id} is open.")
        await self._end(transactional_id, commit=False)

    async def aclose(self) -> None:
        """Abort what is open and let go; harmless when repeated."""
        if self._state in ("open", "failed") and self._transactional_id is not None and self._epoch is not None:
            try:
                self._connection.cluster.transactions.end(self._transactional_id, self._epoch, commit=False)
            except PublishError:
                self._state = "fenced"
        self._state, self._transaction = "closed", None

    async def _identify(self, transactional_id: str) -> int:
        cluster = await self._connection.call("Starting a writer")
        self._epoch = cluster.transactions.identify(transactional_id)
        return self._epoch

    async def _end(self, transactional_id: str, *, commit: bool) -> None:
        cluster = await self._connection.call("Ending a transaction")
        try:
            cluster.transactions.end(transactional_id, self._epoch if self._epoch is not None else -1, commit=commit)
        except PublishError:
            self._state = "fenced"
            raise
        self._state, self._transaction = "none", None

    def _require_transactional(self, what: str) -> str:
        if self._state == "closed":
            raise WorkbenchError("The writer is closed; make a new one.")
        if self._transactional_id is None:
            raise WorkbenchError(f"Cannot {what}: the writer was made without a transactional id.")
        return self._transactional_id

    def _require_sendable(self) -> None:
        if self._state == "closed":
            raise WorkbenchError("The writer is closed; make a new one.")
        if self._transactional_id is not None and self._state != "open":
            advice = "begin one first" if self._state == "none" else "abort it first"
            raise WorkbenchError(
                f"Nothing was sent: the transaction of {self._transactional_id} is {self._state}; {advice}.",
            )

    def _send(self, cluster: Cluster, records: Sequence[NewRecord]) -> list[Outcome]:
        failing, error = self._connection.faults.next_send()
        error = error or self._fenced(cluster)
        if error is not None:
            return [Outcome("failed", r.topic, r.partition, error=error) for r in records]
        outcomes, lanes = self._admit(cluster, records)
        for partition, (indexes, rows) in lanes.items():
            base = cluster.append_rows(partition, rows, self._transaction)
            name = partition.name
            for offset, (index, row) in enumerate(zip(indexes, rows, strict=True), base):
                outcomes[index] = Outcome("acked", name.topic, name.partition, offset, row.timestamp_ms)
        if failing:
            lost = self._connection.faults.unavailable("Writing", "the acknowledgement was lost by fault injection")
            return [Outcome("unknown", r.topic, r.partition, error=lost) for r in records]
        return [outcome for outcome in outcomes if outcome is not None]

    def _fenced(self, cluster: Cluster) -> PublishError | None:
        if self._transactional_id is None or self._epoch is None:
            return None
        try:
            cluster.transactions.check(self._transactional_id, self._epoch)
        except PublishError as error:
            return error
        return None

    def _admit(self, cluster: Cluster, records: Sequence[NewRecord]) -> tuple[list[Outcome | None], Lanes]:
        """Sort accepted records by partition; refused ones already have their outcome."""
        outcomes: list[Outcome | None] = [None] * len(records)
        lanes: Lanes = {}
        now_ms = time.time_ns() // 1_000_000
        for index, (record, number) in enumerate(zip(records, self._numbers(cluster, records), strict=True)):
            admitted = _admitted(cluster.topics.get(record.topic), record, number, now_ms)
            if isinstance(admitted, PublishError):
                outcomes[index] = Outcome("failed", record.topic, record.partition, error=admitted)
                continue
            partition, row = admitted
            lane = lanes.setdefault(partition, ([], []))
            lane[0].append(index)
            lane[1].append(row)
        return outcomes, lanes

    def _numbers(self, cluster: Cluster, records: Sequence[NewRecord]) -> list[int]:
        """Choose the partition of every record that names none; -1 where its topic does not exist."""
        numbers = [-1 if record.partition is None else record.partition for record in records]
        free: dict[str, list[int]] = {}
        for index, record in enumerate(records):
            if record.partition is None and record.topic in cluster.topics:
                free.setdefault(record.topic, []).append(index)
        for topic, indexes in free.items():
            count = len(cluster.topics[topic].partitions)
            chosen = self._placement.of_keys(topic, [records[index].key for index in indexes], count)
            for index, number in zip(indexes, chosen, strict=True):
                numbers[index] = number
        return numbers


def _admitted(
    topic: Topic | None,
    record: NewRecord,
    number: int,
    now_ms: int,
) -> tuple[PartitionLog, Row] | PublishError:
    if topic is None:
        return _refused(record, "UNKNOWN_TOPIC_OR_PARTITION", f"topic {record.topic} does not exist")
    count = len(topic.partitions)
    if not 0 <= number < count:
        why = f"{topic.name} has {count} partitions, counted from 0, and so no partition {number}"
        return _refused(record, "UNKNOWN_TOPIC_OR_PARTITION", why)
    append = topic.limits.append_time
    stamp = now_ms if append or record.timestamp_ms is None else record.timestamp_ms
    row = Row.of(record, stamp, _APPEND if append else _CREATE)
    refusal = topic.limits.refusal(row, now_ms)
    return _refused(record, *refusal) if refusal else (topic.partitions[number], row)


def _refused(record: NewRecord, code: str, why: str) -> PublishError:
    where = record.topic if record.partition is None else f"{record.topic}/{record.partition}"
    return PublishError(
        f"A record for {where} was not written: {why}.",
        topic=record.topic,
        partition=record.partition,
        cause_code=code,
    )
