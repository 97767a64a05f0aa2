"""Follows one partition of a topic with a transform, and writes what it makes of the records."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from workbench.errors import PublishError, WorkbenchError
from workbench.model import NewRecord, Span, TopicPartition
from workbench.text import partition_text, position_text, visible
from workbench.transforms.batches import cut_batches
from workbench.transforms.running.partition_run import PartitionRun
from workbench.transforms.views.state import ViewLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from workbench.bus.protocols import Reader, RecordLog, Writer
    from workbench.model import Chunk
    from workbench.transforms.batches import Batch, SourceRecord
    from workbench.transforms.guest.module import TransformModule
    from workbench.transforms.guest.record_functions import Output
    from workbench.transforms.limits import Limits
    from workbench.transforms.spec import TransformSpec

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
"""Seconds before a failed transform is started again: the first time, and at most."""
COMMIT_EVERY_S = 3.0
"""Seconds from one commit of an offset to the next, as on a broker."""
_READ_BYTES = 1 << 20
_READ_WAIT_MS = 200
_LOOP_CHECK_S = 1.0
"""Seconds after which the thread of an instance looks whether its event loop still runs."""


class PartitionFollower:
    """Runs a transform over one partition until it is stopped; after a failure again, from the record that failed.

    The instance runs in a thread. Before it gets its next batch, what it wrote for the last one has been acknowledged
    and its offset committed, so that each record is transformed at least once.
    """

    def __init__(
        self,
        log: RecordLog,
        module: TransformModule,
        spec: TransformSpec,
        source: TopicPartition,
        *,
        group_id: str,
        output_partitions: Mapping[str, int],
        limits: Limits,
    ) -> None:
        self.source = source
        self.status = "unknown"
        self.reason = ""
        self.position = 0
        """Next offset to transform."""
        self._log = log
        self._module = module
        self._spec = spec
        self._group_id = group_id
        self._output_partitions = output_partitions
        self._limits = limits
        self._stopping = False
        self._run: PartitionRun | None = None
        self._outputs: list[NewRecord] = []
        self._done = 0
        self._after_read = 0
        self._committed = 0
        self._committed_at = 0.0

    @property
    def lines(self) -> list[ViewLine]:
        """The lines of the log of the last instance that are kept."""
        if self._run is None:
            return []
        return [
            ViewLine(line.text, line.level, None, position_text(line.topic, line.partition, line.offset))
            if line.offset is not None
            else ViewLine(line.text, line.level, None, partition_text(line.topic, line.partition))
            for line in self._run.log.lines.copy()
        ]

    async def run(self, start: int) -> None:
        """Follow from an offset until cancelled."""
        self.position = self._committed = start
        pause_s = FIRST_PAUSE_S
        while True:
            before = self.position
            try:
                await self._instance()
            except (WorkbenchError, OSError) as error:
                self._fail(f"{type(error).__name__}: {error}")
            except Exception as error:
                self._fail(f"{type(error).__name__}: {error}")
                raise
            self.status = "errored"
            # What was done before the failure counts: only a record that fails again and again waits longer.
            pause_s = FIRST_PAUSE_S if self.position > before else min(pause_s * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _instance(self) -> None:
        loop = asyncio.get_running_loop()
        self._outputs, self._stopping = [], False
        self._done = self._after_read = self.position
        span = Span(self.source.topic, self.source.partition, self.position, None)
        async with self._log.reader([span]) as reader, self._log.writer() as writer:
            turns = _Turns(self, loop, reader, writer)
            run = PartitionRun(
                self._module, self._spec, self.source.partition, batches=turns, sink=self, limits=self._limits
            )
            self._run = run
            self.status, self.reason = "running", ""
            # A thread of its own: it lasts as long as the view, and the shared pool of the loop has few.
            pool = ThreadPoolExecutor(1, thread_name_prefix="transform")
            thread = loop.run_in_executor(pool, run.run)
            pool.shutdown(wait=False)
            try:
                await asyncio.shield(thread)
            except asyncio.CancelledError:
                # The thread ends at its next turn; until then reader and writer stay open.
                self._stopping = True
                with contextlib.suppress(Exception):
                    await thread
                await self._commit()
                raise
            for error in run.errors:
                self._done = self._done if error.offset is None else error.offset
                self._fail(error.reason)
            if not run.errors:
                self._done = self._after_read
            await self._written(writer)
            await self._commit()

    def add(self, topic: str, partition: int, source: SourceRecord | None, outputs: list[Output]) -> None:
        """Keep outputs until the batch is done; called in the thread of the instance."""
        del topic, source
        for output in outputs:
            payload = output.payload
            count = self._output_partitions[output.topic]
            self._outputs.append(
                NewRecord(output.topic, payload.key, payload.value, payload.headers, partition % count)
            )

    async def next_batches(self, reader: Reader, writer: Writer) -> list[Batch] | None:
        """Write what was made of the last batch, then wait for the next records; None to end the instance."""
        self._done = self._after_read
        await self._written(writer)
        while not self._stopping:
            if batches := self._taken(await reader.read(_READ_BYTES, _READ_WAIT_MS)):
                return batches
            # What is no record, such as the marker of a transaction, is done as soon as it was seen.
            self._done = self._after_read
            await self._advance()
        return None

    def _taken(self, chunks: list[Chunk]) -> list[Batch]:
        if chunks:
            self._after_read = chunks[-1].next
        return [batch for chunk in chunks for batch in cut_batches(chunk.records)]

    def begin(self, batch: Batch) -> None:
        """Note that all before a batch is done; called in the thread of the instance."""
        self._done = batch.records[0].offset

    async def _written(self, writer: Writer) -> None:
        outputs, self._outputs = self._outputs, []
        if outputs:
            for outcome in await writer.send(outputs):
                if outcome.status != "acked":
                    raise outcome.error or PublishError(
                        f"A record for {outcome.topic} was not acknowledged.", topic=outcome.topic
                    )
        await self._advance()

    async def _advance(self) -> None:
        self.position = self._done
        if time.monotonic() - self._committed_at >= COMMIT_EVERY_S:
            await self._commit()

    async def _commit(self) -> None:
        if self.position != self._committed:
            await self._log.commit_offsets(self._group_id, {self.source: self.position})
            self._committed = self.position
        self._committed_at = time.monotonic()

    def _fail(self, reason: str) -> None:
        self.status, self.reason = "errored", visible(reason, 300)


class _Turns:
    """Gives an instance its batches: it waits in its own thread while the event loop reads and writes."""

    def __init__(
        self, follower: PartitionFollower, loop: asyncio.AbstractEventLoop, reader: Reader, writer: Writer
    ) -> None:
        self._follower = follower
        self._loop = loop
        self._reader = reader
        self._writer = writer
        self._waiting: list[Batch] = []

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        if not self._waiting:
            turn = self._follower.next_batches(self._reader, self._writer)
            found = self._result(asyncio.run_coroutine_threadsafe(turn, self._loop))
            if found is None:
                raise StopIteration
            self._waiting = found
        batch = self._waiting.pop(0)
        self._follower.begin(batch)
        return batch

    def _result(self, turn: Future[list[Batch] | None]) -> list[Batch] | None:
        """Wait for a turn; None when the loop has ended without one, or the interpreter could not end either."""
        while not turn.done():
            wait([turn], timeout=_LOOP_CHECK_S)
            if not turn.done() and not self._loop.is_running():
                return None
        return turn.result()
