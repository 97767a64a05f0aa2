"""The selected records of a plan in seq order, as they are and as they are rewritten, whatever their targets are.

Each value is computed once, on first use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from workbench.buffers.mapped import batches_of, mapped_longs
from workbench.replay.records.digest import Digests, body_digests
from workbench.replay.records.ordering import ordered
from workbench.replay.records.past_replays import PastReplays
from workbench.replay.records.raw_bodies import RawBodies, with_raw_bodies
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.rewriting.kept_edits import NO_EDITS, Edits
from workbench.replay.rewriting.rewrites import Rewrites
from workbench.replay.rewriting.rewritten import RewrittenRecords, rewrite

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.draft import Draft
    from workbench.replay.expected_effects import ExpectedEffects
    from workbench.replay.options import Options
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.rewriting.record_reader import RecordReader
    from workbench.replay.target.facts import TargetFacts


@dataclass(frozen=True)
class SelectedRecords:
    """The records of a draft, in seq order."""

    options: Options
    sources: Mapping[int, SelectedSource]
    description: str
    facts: TargetFacts
    table: pa.Table
    """Selected records in seq order."""
    product: str
    """Product and version, for provenance headers."""
    origin: object = None
    """The snapshot that the records were selected from."""
    edits: Edits = NO_EDITS
    readers: Mapping[int, RecordReader] = field(default_factory=dict)
    """What reads the records of each source when they are rewritten, by source id."""
    raw: pa.Table | None = None
    """Raw bytes of masked records, by position."""
    start_ms: int = 0
    """When the plan was made: shifted timestamps begin there."""
    expected: ExpectedEffects | None = None
    """What consumers are expected to make of a stimulus."""
    left_out: Longs = field(default_factory=lambda: np.empty(0, np.int64), compare=False)
    """Seqs that are known not to be sent: new ids treat causes among them as those outside the selection."""

    @classmethod
    def of(cls, draft: Draft, facts: TargetFacts, product: str) -> Self:
        """Order the records of a draft and set them beside the facts."""
        table = ordered(draft.records, draft.options.order)
        return cls(
            draft.options,
            draft.sources,
            draft.description,
            facts,
            table,
            product,
            draft.origin,
            draft.edits,
            draft.readers,
            draft.raw,
            facts.asked_at_ms,
            draft.expected,
        )

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def rewritten(self) -> RewrittenRecords:
        """The records after edits, new ids and the other changes that the options ask for."""
        if not self._is_rewritten:
            return RewrittenRecords(self.raw_bodies.table, Rewrites.none(len(self)))
        return rewrite(self.table, self.options, self.facts.run_id, self.edits, self.readers, left_out=self.left_out)

    @property
    def _is_rewritten(self) -> bool:
        return self.options.rewrites or self.edits.any

    @cached_property
    def raw_bodies(self) -> RawBodies:
        """The records with the raw bytes of masked ones that are kept; of a plan that rewrites records none have them.

        What is rewritten is shown, and a raw record must not be.
        """
        return with_raw_bodies(self.table, None if self._is_rewritten else self.raw)

    @cached_property
    def shown(self) -> RawRows:
        """Keys, values and headers as they may be shown: of masked records what masking left of them."""
        return RawRows(self.table) if self.raw_bodies.rows.any() else self.rows

    @property
    def planned(self) -> pa.Table:
        """The records as they are sent, before provenance headers, timestamps and partitions are theirs."""
        return self.rewritten.table

    @cached_property
    def rows(self) -> RawRows:
        """Keys, values and headers as they are planned."""
        return RawRows(self.planned)

    @cached_property
    def digests(self) -> Digests:
        """Body digest of each planned record."""
        return self.source_digests if self.planned is self.table else body_digests(self.planned)

    @cached_property
    def source_digests(self) -> Digests:
        """Body digest of each selected record."""
        return body_digests(self.table)

    @cached_property
    def past(self) -> PastReplays:
        """The records that earlier replays wrote."""
        return PastReplays.of(self.rows)

    @cached_property
    def sizes(self) -> Longs:
        """Bytes of key, value and headers of each planned record."""
        return self.rows.sizes()

    def column(self, name: str) -> list[Any] | None:
        """Return an optional column as values; None when the selection does not have it."""
        return self.table[name].to_pylist() if name in self.table.column_names else None

    def numbers(self, name: str) -> Longs:
        """Return an integer column."""
        if name not in self._numbers:
            batches = batches_of(self.table.select([name]))
            self._numbers[name] = mapped_longs(one.column(0).to_numpy().astype(np.int64, copy=False) for one in batches)
        return self._numbers[name]

    @cached_property
    def _numbers(self) -> dict[str, Longs]:
        return {}
