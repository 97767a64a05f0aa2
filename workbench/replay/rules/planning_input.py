"""The input of every rule: the records with their target, the planned facts, and the typed target names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import taken_rows
from workbench.replay.records.raw_rows import beside, without
from workbench.replay.rules.refused import NONE_LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.options import Options
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.records.replay_records import ReplayRecords
    from workbench.replay.rules.refused import LeftOut
    from workbench.replay.target.facts import TargetFacts


@dataclass(frozen=True, slots=True)
class PlanningInput:
    """One plan, as the rules see it: when it is made, and again before it runs."""

    records: ReplayRecords
    planned: TargetFacts
    """Target facts of the moment when the plan was made."""
    typed: frozenset[str] = frozenset()
    """Physical target names that the user typed."""
    left_out: LeftOut = NONE_LEFT_OUT
    """Records that are not sent, because a rule refuses them."""

    @property
    def facts(self) -> TargetFacts:
        """Target facts of this moment."""
        return self.records.facts

    @property
    def options(self) -> Options:
        """Options of the plan."""
        return self.records.options

    @property
    def now_ms(self) -> int:
        """When the facts of this moment were fetched, UTC milliseconds."""
        return self.facts.asked_at_ms

    @property
    def age_ms(self) -> int:
        """Milliseconds since the plan was made."""
        return self.now_ms - self.planned.asked_at_ms

    def leaving(self, left_out: LeftOut) -> PlanningInput:
        """Return this without the records that the plan leaves out: none, unless ``skip_refused`` says so."""
        return replace(self, left_out=left_out) if self.options.skip_refused and len(left_out) else self

    @property
    def sent(self) -> slice | Longs:
        """What chooses the records that are sent from arrays by seq."""
        return beside(without(len(self.records), self.left_out.seqs))

    @property
    def target_rows(self) -> Mapping[str, Longs]:
        """Seqs that are sent to each target topic, ascending."""
        rows = self.records.target_rows
        if not len(self.left_out):
            return rows
        kept = np.ones(len(self.records), bool)
        kept[self.left_out.seqs] = False
        return {name: seqs[kept[seqs]] for name, seqs in rows.items()}

    def numbers(self, name: str) -> Longs:
        """Return an integer column of the records that are sent."""
        return self.records.numbers(name)[self.sent]

    def columns(self, *names: str) -> pa.Table:
        """Return columns of the records that are sent; those that the selection does not have are left out."""
        table = self.records.table
        table = table.select([name for name in names if name in table.column_names])
        return taken_rows(table, without(len(table), self.left_out.seqs)) if len(self.left_out) else table

    @property
    def sources(self) -> list[SelectedSource]:
        """The sources of the records that are sent."""
        used = pc.unique(pa.array(self.numbers("source_id")))
        return [self.records.sources[number] for number in sorted(used.to_pylist())]
