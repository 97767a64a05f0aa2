"""Defines the input of a replay: positions of the selected records, and facts about the captured topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.model.records.chunk import Isolation


@dataclass(frozen=True, slots=True)
class SelectedSource:
    """One captured topic from which records were selected."""

    source_id: int
    cluster_id: str
    """Cluster id as the broker reports it; a target with the same id and topic is the source itself."""
    cluster: str
    """Name of the cluster in the capture; written into provenance headers."""
    topic: str
    isolation: Isolation
    """Isolation level of the capture."""
    partitions: int | None = None
    """Partitions of the topic when it was captured; None when the capture did not store it."""
    transactional: frozenset[int] = frozenset()
    """Partitions in which control records or aborted data were counted."""
    gaps: int = 0
    """Gaps inside the captured windows."""
    registry: str | None = None
    """Schema registry of the cluster, where the capture stored schemas of one."""


@runtime_checkable
class Selection(Protocol):
    """Gives the positions of records that were selected by a query, by hand or in a causal graph."""

    @property
    def positions(self) -> pa.Table:
        """Columns ``source_id int32, partition int32, offset int64``; each position once."""
        ...

    @property
    def summary(self) -> str:
        """One line that describes the selection, for the plan and the journal."""
        ...
