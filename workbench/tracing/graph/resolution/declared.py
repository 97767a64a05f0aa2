"""Lists the causes that records declare: one entry for each value, and the outcomes that an entry can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.columns import EncodedColumn

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Codes, Flags, Ints
    from workbench.tracing.graph.edges import Ranks
    from workbench.tracing.graph.rows import Rows

TARGETS = ("event_id", "correlation_id", "position", "span")
EVENT_ID, CORRELATION_ID, POSITION, SPAN = range(4)
_TARGETS = {name: place for place, name in enumerate(TARGETS)}

OUTCOMES = ("edge", "ambiguous", "copy", "unresolved", "command", "same_node", "self", "other_rank", "repeated")
"""Outcomes of a declared cause; each has exactly one.

``self`` names the event itself, ``same_node`` another record of it, ``other_rank`` stands in a rank that was not used,
``repeated`` names the same cause as another entry of the event.
"""


@dataclass(frozen=True, slots=True)
class StatedCauses:
    """The ``causes`` of all records, as they stand: one entry for each."""

    starts: Ints
    """Where the entries of each record start, one more than there are records."""
    texts: pa.Array
    """The values; an entry without one declares nothing."""
    target: Codes
    """Index into `TARGETS`; -1 for an unknown target."""
    rank: Ranks
    via: Ints
    vias: pa.Array
    """Texts of the codes in ``via``."""

    def entries_of(self, rows: Ints) -> Ints:
        """Return the entries of some records, in their order."""
        begins, sizes = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        return np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


@dataclass(frozen=True, slots=True)
class DeclaredCauses:
    """Entries of the ``causes`` of some records, by event and then in their order."""

    entry: Ints
    """Place of each among the stated causes."""
    node: Ints
    numbers: Ints
    """Number of the text of each stated cause: that of the event id, where an event has it; -1 without a text."""
    stated: StatedCauses

    def __len__(self) -> int:
        return len(self.entry)

    @property
    def row(self) -> Ints:
        """The record of each entry."""
        return np.searchsorted(self.stated.starts, self.entry, side="right") - 1

    @property
    def value(self) -> Ints:
        return self.numbers[self.entry]

    @property
    def target(self) -> Codes:
        return self.stated.target[self.entry]

    @property
    def rank(self) -> Ranks:
        return self.stated.rank[self.entry]

    @property
    def via(self) -> Ints:
        return self.stated.via[self.entry]

    def pick(self, chosen: Flags | Ints) -> DeclaredCauses:
        """Keep some of the entries."""
        return DeclaredCauses(self.entry[chosen], self.node[chosen], self.numbers, self.stated)

    def texts(self, chosen: Ints) -> pa.Array:
        """Return the values of some of the entries."""
        return self.stated.texts.take(pa.array(self.entry[chosen])).cast(pa.large_string())


def read_stated(rows: Rows) -> StatedCauses:
    """List the causes that all records declare."""
    causes = rows.column("causes")
    entries = pc.list_flatten(causes)
    starts = _starts(causes)
    if not len(entries):
        none = np.zeros(0, dtype=np.int32)
        texts = pa.array([], pa.large_string())
        return StatedCauses(starts, texts, none.astype(np.int8), none, none, texts)
    value, via, target = (_member(entries, name) for name in ("value", "via", "target"))
    vias, targets = EncodedColumn.of(via), EncodedColumn.of(target)
    known = np.array([*(_TARGETS.get(name, -1) for name in targets.dictionary.to_pylist()), -1], dtype=np.int8)
    rank = _member(entries, "rank")
    rank = rank if rank.type == pa.int32() else rank.cast(pa.int32())
    return StatedCauses(
        starts=starts,
        texts=value,
        target=known[targets.codes],
        rank=(rank.fill_null(0) if rank.null_count else rank).to_numpy(zero_copy_only=False),
        via=vias.codes,
        vias=vias.dictionary,
    )


def _starts(causes: pa.Array) -> Ints:
    """Return where the entries of each list start when the lists are flattened."""
    if causes.null_count or causes.type != pa.list_(causes.type.value_type):
        sizes = pc.list_value_length(causes).fill_null(0).to_numpy()
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    starts: Ints = causes.offsets.to_numpy()
    return starts - starts[0] if starts[0] else starts


def _member(entries: pa.StructArray, name: str) -> pa.Array:
    # A null among entries would hide in what is below it, so that only Arrow's way sees it.
    return pc.struct_field(entries, name) if entries.null_count else entries.field(name)
