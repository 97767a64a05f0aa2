"""Defines the state of a view, and what the two ways of running one have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from workbench.text import counted, element, number_text, output_html, table, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.transforms.guest.module import TransformModule
    from workbench.transforms.spec import TransformSpec

DIGEST_VARIABLE = "WORKBENCH_WASM_SHA256"
"""Variable of a deployed view that holds the SHA-256 of its module: a broker does not give modules back."""
_TITLES = ("partition", "status", "lag", "reason")


@dataclass(frozen=True, slots=True)
class ViewPartition:
    """A view on one partition of its source."""

    partition: int
    status: str
    """``running``, ``inactive`` (paused), ``errored`` or ``unknown``."""
    lag: int | None
    """Records that it has not transformed yet; None where it is not known."""
    reason: str = ""
    """Why it is errored, as far as is known."""


@dataclass(frozen=True, slots=True)
class ViewLine:
    """A line that the transform of a view has logged. Its text is the guest's: show it escaped."""

    text: str
    level: str = ""
    """``info``, ``warn`` or ``error``; empty where it is not known."""
    at_ms: int | None = None
    """When it was written; None where that is not known."""
    where: str = ""
    """The record at work, or the broker that wrote it."""


@dataclass(frozen=True, slots=True)
class ViewStatus:
    """The state of a view; the result of ``view_status``."""

    name: str
    source_topic: str
    output_topics: tuple[str, ...]
    executor: str
    """``broker``, or ``local``: it runs in this process, and ends with it."""
    partitions: tuple[ViewPartition, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str | None:
        """SHA-256 of its module; None where it was not created by the workbench."""
        return self.environment.get(DIGEST_VARIABLE)

    @property
    def running(self) -> bool:
        """Whether it runs on every partition of its source."""
        return bool(self.partitions) and all(one.status == "running" for one in self.partitions)

    @property
    def errored(self) -> bool:
        """Whether it has failed on a partition."""
        return any(one.status == "errored" for one in self.partitions)

    @property
    def lags(self) -> dict[int, int | None]:
        """The lag of each partition; the largest where two brokers tell of the same one, None where it is not known."""
        found: dict[int, int | None] = {}
        for one in self.partitions:
            known = found.get(one.partition, one.lag)
            found[one.partition] = None if known is None or one.lag is None else max(known, one.lag)
        return found

    @property
    def lag(self) -> int | None:
        """Records that it has not transformed yet, of all partitions; None where one is not known."""
        lags = list(self.lags.values())
        return None if None in lags else sum(lag for lag in lags if lag is not None)

    def rows(self) -> list[dict[str, object]]:
        """Return a row for each partition."""
        return [
            {
                "view": self.name,
                "source_topic": self.source_topic,
                "output_topics": list(self.output_topics),
                "executor": self.executor,
                "partition": one.partition,
                "status": one.status,
                "lag": one.lag,
                "reason": one.reason,
            }
            for one in self.partitions
        ]

    def __repr__(self) -> str:
        return f"{self._title()}\n{text_table(_TITLES, self._cells(), numeric=(0, 2))}"

    def _repr_html_(self) -> str:
        return output_html(element("h4", self._title()), table(_TITLES, self._cells(), numeric=(0, 2)))

    def _title(self) -> str:
        outputs = ", ".join(visible(topic, 60) for topic in self.output_topics)
        partitions = counted(len(self.partitions), "partition")
        topics = f"{visible(self.source_topic, 60)} to {outputs}"
        return f"View {visible(self.name, 80)} ({self.executor}): {topics}, {partitions}"

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (str(one.partition), one.status, number_text(one.lag), visible(one.reason, 120)) for one in self.partitions
        ]


class Executor(Protocol):
    """Runs transforms somewhere: on the broker, or in this process."""

    @property
    def kind(self) -> str:
        """``broker`` or ``local``."""
        ...

    async def deploy(self, spec: TransformSpec, module: TransformModule) -> None:
        """Run a module, from the first record of its source when its name is new."""
        ...

    async def statuses(self) -> list[ViewStatus]:
        """Return the state of every transform that runs there."""
        ...

    async def pause(self, name: str) -> None: ...
    async def resume(self, name: str) -> None: ...
    async def delete(self, name: str) -> None:
        """Delete a transform, and how far it came; none of that name is no error."""
        ...

    async def last_lines(self, name: str) -> list[ViewLine]:
        """Return the last lines of the log of a transform, oldest first; empty where they cannot be read."""
        ...
