"""Runs a module over one partition, and decides what happens when a record makes it fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from workbench.transforms.guest.instance import Instance
from workbench.transforms.guest.logs import GuestLog
from workbench.transforms.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.transforms.batches import Batch, SourceRecord
    from workbench.transforms.guest.host import End
    from workbench.transforms.guest.logs import LogLine
    from workbench.transforms.guest.module import TransformModule
    from workbench.transforms.guest.record_functions import Output
    from workbench.transforms.guest.registry_functions import SchemaSource
    from workbench.transforms.spec import TransformSpec

OnError: TypeAlias = Literal["stop", "skip"]

_LAST_LINES = 5


@dataclass(frozen=True, slots=True)
class RunError:
    """Why the module failed, and at which record."""

    topic: str
    partition: int
    offset: int | None
    """The record at work; None where it failed before it had read one."""
    reason: str
    last_lines: tuple[LogLine, ...]
    """The last lines of its log."""


@dataclass(slots=True)
class PartitionCounts:
    """How far the run of a partition came."""

    topic: str
    partition: int
    last_offset: int | None = None
    """The last record that was transformed."""
    records: int = 0
    """Records that were transformed."""
    outputs: int = 0
    """Records that were written for them."""
    skipped: int = 0
    """Records that failed and were left out, with what had been written for them."""
    finished: bool = False
    """Whether the whole input was read."""


class OutputSink(Protocol):
    """Takes the outputs of one source record after another."""

    def add(self, topic: str, partition: int, source: SourceRecord | None, outputs: list[Output]) -> None:
        """Take what was written for a record of an input topic."""
        ...


class PartitionRun:
    """One run of a module over one partition."""

    def __init__(
        self,
        module: TransformModule,
        spec: TransformSpec,
        partition: int,
        *,
        batches: Iterator[Batch],
        sink: OutputSink,
        limits: Limits | None = None,
        schemas: SchemaSource | None = None,
        on_error: OnError = "stop",
    ) -> None:
        self.limits = limits or Limits()
        self.counts = PartitionCounts(spec.input_topic, partition)
        self.errors: list[RunError] = []
        self.log = GuestLog(spec.input_topic, partition, self.limits.log_lines)
        self._module = module
        self._spec = spec
        self._feed = _Feed(batches)
        self._sink = sink
        self._schemas = schemas
        self._on_error = on_error

    def run(self) -> None:
        """Run to the end of the input, or to the first failure that is not skipped."""
        while not self.counts.finished:
            instance = Instance(
                self._module,
                self._spec,
                batches=self._feed,
                sink=self,
                log=self.log,
                limits=self.limits,
                schemas=self._schemas,
            )
            end = instance.run()
            if end.kind == "finished":
                self.counts.finished = True
            elif not self._go_on(instance, end):
                return

    def done(self, source: SourceRecord | None, partition: int, outputs: list[Output]) -> None:
        """Count a record that is done, and hand on its outputs."""
        if source is not None:
            self.counts.records += 1
            self.counts.last_offset = source.offset
        self.counts.outputs += len(outputs)
        if outputs:
            self._sink.add(self._spec.input_topic, partition, source, outputs)

    def _go_on(self, instance: Instance, end: End) -> bool:
        host = instance.host
        lines = tuple(self.log.lines)[-_LAST_LINES:]
        self.errors.append(RunError(self.counts.topic, self.counts.partition, host.offset, end.reason, lines))
        # Without a record at work nothing can be skipped: the next instance would fail at the same place.
        if self._on_error == "stop" or host.record is None or len(self.errors) >= self.limits.errors:
            return False
        self.counts.skipped += 1
        self._feed.go_on_after(host.next_index - 1)
        return True


class _Feed:
    """Gives batches, and after a failure the rest of the one that was at work."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._current: Batch | None = None
        self._rest: Batch | None = None

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> Batch:
        self._current, self._rest = self._rest or next(self._batches), None
        return self._current

    def go_on_after(self, index: int) -> None:
        """Give the records behind this one next."""
        self._rest = None if self._current is None else self._current.after(index)
