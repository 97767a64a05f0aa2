"""Maps the ids of a run: one function of the id's text, whatever role it has, so the graph keeps its shape."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.buffers.text_marks import text_marks
from workbench.decoding.ids import canonical_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.buffers.known_texts import Marks
    from workbench.decoding.id_places import IdPlace

Boundary: TypeAlias = Literal["detach", "keep", "map"]


class KnownIds:
    """Ids of the selection, by their marks: they take eight bytes each."""

    def __init__(self) -> None:
        self._marks: Marks = np.empty(0, np.uint64)

    def add(self, marks: Marks) -> None:
        """Add the marks of some ids; 0, that of null, is none."""
        self._marks = np.union1d(self._marks, marks[marks > 0])

    def __contains__(self, text: str) -> bool:
        (mark,) = text_marks(pa.array([text], pa.string()))
        at = int(np.searchsorted(self._marks, mark))
        return at < len(self._marks) and bool(self._marks[at] == mark)


@dataclass
class IdMap:
    """The new ids of one run."""

    run_id: str
    boundary: Boundary = "detach"
    """What becomes of a cause that is not selected."""
    events: KnownIds = field(default_factory=KnownIds)
    """Ids under which selected records can be named as causes."""
    correlations: KnownIds = field(default_factory=KnownIds)

    @cached_property
    def _run(self) -> uuid.UUID:
        return uuid.UUID(self.run_id)

    def new(self, old: str) -> str:
        """Return the new id of an old one."""
        return str(uuid.uuid5(self._run, canonical_id(old)))

    def note(self, events: Iterable[pa.RecordBatch]) -> None:
        """Note the ids of selected records, given by their EVENT columns."""
        own, correlations = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
        for batch in events:
            own += [text_marks(batch.column("event_id")), text_marks(batch.column("link_ids").flatten())]
            correlations.append(np.unique(text_marks(batch.column("correlation_id"))))
        self.events.add(np.concatenate(own))
        self.correlations.add(np.concatenate(correlations))

    def is_inside(self, one: IdPlace) -> bool:
        """Tell whether an id belongs to the selection; a cause may name a record that is not selected."""
        if one.role == "cause":
            return one.text in (self.correlations if one.target == "correlation_id" else self.events)
        return one.role != "root_id" or one.text in self.events or one.text in self.correlations
