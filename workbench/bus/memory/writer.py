"""Writes exact records, at once or in transactions; one outcome per record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.bus.memory.storage.batches import Row
from workbench.bus.placement import Placement
from workbench.bus.refusals import (
    no_open_transaction,
    no_such_partition,
    no_such_topic,
    not_written,
    outside_transaction,
)
from workbench.bus.written_rows import new_records, written_columns
from workbench.errors import BrokerUnavailableError, PublishError, WorkbenchError
from workbench.model.records.record import NewRecord, TimestampType
from workbench.model.records.written import WrittenColumns
from workbench.model.topics import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Self

    import pyarrow as pa

    from workbench.bus.memory.cluster.cluster import Cluster
    from workbench.bus.memory.cluster.connection import Connection
    from workbench.bus.memory.cluster.topics import Topic
    from workbench.bus.memory.storage.batches import Transaction
    from workbench.bus.memory.storage.partition import PartitionLog

    AcceptedRows: TypeAlias = dict[PartitionLog, tuple[list[int], list[Row]]]

_APPEND, _CREATE = int(TimestampType.APPEND), int(TimestampType.CREATE)

State: TypeAlias = Literal["none", "open", "failed", "fenced", "closed"]


class MemoryWriter:
    """Writes records to the embedded cluster; see `workbench.bus.protocols.Writer`."""

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

    async def send_columns(self, topic: str, parts: AsyncIterator[pa.RecordBatch]) -> WrittenColumns:
        """Write records of one topic, given in columns, as `send` does; see `workbench.bus.protocols.Writer`.

        Raises:
            WorkbenchError: The writer is closed, or transactional and outside an open transaction.
        """
        found: list[WrittenColumns] = []
        async for records in parts:
            found.append(written_columns(await self.send(new_records(topic, records))))
            if found[-1].acked < len(found[-1]):
                break
        return WrittenColumns.joined(found)

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
            raise no_open_transaction(transactional_id, self._state)
        await self._end(transactional_id, commit=True)

    async def abort(self) -> None:
        """Undo what was sent since `begin`; also the way out of a transaction that failed."""
        transactional_id = self._require_transactional("abort")
        if self._state == "none":
            raise WorkbenchError(f"No transaction of {transactional_id} is open.")
        await self._end(transactional_id, commit=False)

    async def aclose(self) -> None:
        """Abort an open transaction and close the writer; harmless when repeated."""
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
            raise outside_transaction(self._transactional_id, self._state)

    def _send(self, cluster: Cluster, records: Sequence[NewRecord]) -> list[Outcome]:
        failing, error = self._connection.faults.next_send()
        error = error or self._fenced(cluster)
        if error is not None:
            return [Outcome("failed", r.topic, r.partition, error=error) for r in records]
        outcomes, accepted = self._accept(cluster, records)
        for partition, (indexes, rows) in accepted.items():
            base = cluster.append_rows(partition, rows, self._transaction)
            name = partition.name
            for offset, (index, row) in enumerate(zip(indexes, rows, strict=True), base):
                outcomes[index] = Outcome("acked", name.topic, name.partition, offset, row.timestamp_ms)
        # Written, and yet unknown to the caller: what a client sees when the connection breaks before the answer.
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

    def _accept(self, cluster: Cluster, records: Sequence[NewRecord]) -> tuple[list[Outcome | None], AcceptedRows]:
        """Group the accepted records by partition; the refused ones have their outcome already."""
        outcomes: list[Outcome | None] = [None] * len(records)
        accepted: AcceptedRows = {}
        now_ms = time.time_ns() // 1_000_000
        for index, (record, number) in enumerate(zip(records, self._numbers(cluster, records), strict=True)):
            checked = _checked(cluster.topics.get(record.topic), record, number, now_ms)
            if isinstance(checked, PublishError):
                outcomes[index] = Outcome("failed", record.topic, record.partition, error=checked)
                continue
            partition, row = checked
            indexes, rows = accepted.setdefault(partition, ([], []))
            indexes.append(index)
            rows.append(row)
        return outcomes, accepted

    def _numbers(self, cluster: Cluster, records: Sequence[NewRecord]) -> list[int]:
        """Return the partition of each record, chosen where it names none; -1 where its topic does not exist."""
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


def _checked(
    topic: Topic | None,
    record: NewRecord,
    number: int,
    now_ms: int,
) -> tuple[PartitionLog, Row] | PublishError:
    if topic is None:
        return no_such_topic(record)
    count = len(topic.partitions)
    if not 0 <= number < count:
        return no_such_partition(record, number, count)
    append = topic.limits.append_time
    timestamp_ms = now_ms if append or record.timestamp_ms is None else record.timestamp_ms
    row = Row.of(record, timestamp_ms, _APPEND if append else _CREATE)
    refusal = topic.limits.refusal(row, now_ms)
    return not_written(record, *refusal) if refusal else (topic.partitions[number], row)
