"""What was rewritten in the records of a plan, in columns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.buffers.mapped import taken_rows
from workbench.replay.record_positions import POSITION
from workbench.replay.rewriting.reasons import Reasons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from workbench.replay.rewriting.kept_edits import Edits

EDIT, IDS, SCHEMA_ID, TRACE = 1, 2, 4, 8
_NAMES = {"edit": EDIT, "ids": IDS, "schema id": SCHEMA_ID, "trace": TRACE}


def _kinds(done: int) -> list[str]:
    return [name for name, kind in _NAMES.items() if done & kind]


@dataclass
class Rewrites:
    """What was rewritten, by row."""

    done: NDArray[np.uint8]
    """What was done to each record: `EDIT`, `IDS`, `SCHEMA_ID` and `TRACE`, or 0."""
    new_event_ids: pa.ChunkedArray | None = None
    """The new event id of each record that has one; None without new ids."""
    detached: int = 0
    """Records with causes outside the selection that were removed."""
    removed_headers: tuple[str, ...] = ()
    problems: Reasons = field(default_factory=Reasons)
    """Why a record could not be rewritten; it is refused (G-27)."""
    forbidden: Reasons = field(default_factory=Reasons)
    """What an edit must not change, or must not add, and does (G-24)."""
    sensitive: set[str] = field(default_factory=set)
    """Sensitive fields that edits change, and in how many records."""
    sensitive_records: int = 0

    @classmethod
    def none(cls, count: int) -> Rewrites:
        """Return that nothing is rewritten in so many records."""
        return cls(np.zeros(count, np.uint8))

    def count(self, kind: int) -> int:
        """Return in how many records this was done."""
        return int(np.count_nonzero(self.done & kind))

    @property
    def rows(self) -> NDArray[np.int64]:
        """All rows whose body is not that of the source, ascending."""
        return np.flatnonzero(self.done)

    def texts(self, start: int = 0, stop: int | None = None) -> pa.Array:
        """Return what was done to each of some records as a text; null where nothing was."""
        names = pa.array([", ".join(_kinds(done)) or None for done in range(sum(_NAMES.values()) + 1)], pa.string())
        return names.take(pa.array(self.done[start:stop]))

    def entries(self, records: pa.Table, edits: Edits, rows: NDArray[np.int64]) -> Iterator[str]:
        """Yield what was done to some records as the journal keeps it: JSON.

        Args:
            records: The selected records, in seq order.
            edits: The edits that were applied.
            rows: Which.
        """
        patches = edits.found(taken_rows(records.select(POSITION), rows))[0].to_pylist()
        ids: list[Any] = [None] * len(rows)
        if self.new_event_ids is not None:
            ids = taken_rows(self.new_event_ids, rows).to_pylist()
        for done, patch, new in zip(self.done[rows].tolist(), patches, ids, strict=True):
            shown = patch if done & EDIT else "null"
            yield f'{{"what": {json.dumps(_kinds(done))}, "patch": {shown}, "new_event_id": {json.dumps(new)}}}'
