"""What a session passes into a replay: picked positions, and how their source was captured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.model.chunk import Isolation


@dataclass(frozen=True, slots=True)
class SelectedSource:
    """One captured topic from which records were selected."""

    source_id: int
    cluster_id: str
    """The cluster's own id: what decides whether a target is the source itself."""
    cluster: str
    """The name the capture gave the cluster; written into provenance headers."""
    topic: str
    isolation: Isolation
    """How the topic was read."""
    partitions: int | None = None
    """Partitions of the topic when it was captured; None when the capture did not store it."""
    transactional: frozenset[int] = frozenset()
    """Partitions in which control records or aborted data were counted."""
    gaps: int = 0
    """Gaps inside the captured windows."""


@runtime_checkable
class Selection(Protocol):
    """Positions that a query, a person or a causal graph picked; nothing but positions crosses this border."""

    @property
    def positions(self) -> pa.Table:
        """Columns ``source_id int32, partition int32, offset int64``; each position once."""
        ...

    @property
    def summary(self) -> str:
        """One line that says how it was picked, for the plan and the journal."""
        ...
