"""A plan: the records to send, their targets and order, and the refusals and warnings. Making it sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import batches_of, mapped_array
from workbench.model.feeds import PlanFacts, Sample
from workbench.replay.plan.dry_run import DryRun, summary
from workbench.replay.plan.rewritten_texts import diffs
from workbench.replay.records.digest import token
from workbench.replay.records.raw_rows import without
from workbench.replay.records.replay_records import NOW
from workbench.replay.rules.guard import refused_records
from workbench.text import counted, output_html, position_text, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.replay.options import Options
    from workbench.replay.plan.estimates import Estimates
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.records.replay_records import ReplayRecords
    from workbench.replay.rules.guard import Refusal
    from workbench.replay.rules.refused import LeftOut
    from workbench.replay.target.facts import TargetFacts

_SAMPLE_CHARACTERS = 200


@dataclass(frozen=True)
class Plan:
    """One planned run; to run the same selection again, plan again.

    `make_plan` makes it. Its ``hash`` covers the selection, the options, the target and what is left out.
    """

    records: ReplayRecords
    document: Mapping[str, Any]
    """The hashed content: integers and strings only."""
    hash: str
    """sha256 of the canonical document, hex digits."""
    created_at_ms: int
    refusals: tuple[Refusal, ...]
    """Refusals that apply. Those marked ``at_run`` are decided by the connection that runs the plan."""
    left_out: LeftOut
    """The refused records that ``skip_refused`` leaves out, and the rules that refuse them."""
    warnings: tuple[str, ...]
    estimates: Estimates

    @property
    def run_id(self) -> str:
        """UUID of the run."""
        return self.facts.run_id

    @property
    def token(self) -> str:
        """The value of ``confirm=`` that runs this plan."""
        return token(self.hash)

    @property
    def facts(self) -> TargetFacts:
        """Facts about the target when the plan was made."""
        return self.records.facts

    @property
    def origin(self) -> object:
        """The snapshot that the records were selected from; its journal keeps the run."""
        return self.records.origin

    @property
    def options(self) -> Options:
        """Options that the user chose."""
        return self.records.options

    @property
    def blocking(self) -> tuple[Refusal, ...]:
        """Refusals that hold on every connection, whatever is typed."""
        return tuple(refusal for refusal in self.refusals if not refusal.at_run)

    @cached_property
    def sent(self) -> Longs:
        """Seqs that are sent, ascending."""
        return mapped_array([without(len(self.records), self.left_out.seqs)])

    @cached_property
    def steps(self) -> pa.Table:
        """One row for each selected record, by seq: source, target, planned time (null: when sent), digest, refusal.

        ``rewritten`` says what differs from the source record: ``ids``, ``edit``, ``schema id``, ``trace``.
        """
        records, table = self.records, self.records.planned
        times = records.planned_timestamps
        refused = self.left_out if len(self.left_out) else refused_records(self.refusals)
        return pa.table(
            {
                "seq": pa.array(np.arange(len(records)), pa.int64()),
                **{name: table[name] for name in ("topic", "partition", "offset", "timestamp_ms")},
                "target_topic": records.target_topic_column(np.arange(len(records))),
                "target_partition": pa.array(records.target_partitions, pa.int32()),
                "target_timestamp_ms": pa.array(times, pa.int64(), mask=times == NOW),
                "bytes": pa.array(records.sizes, pa.int64()),
                "tombstone": table["value"].is_null(),
                "rewritten": records.rewritten.rewrites.texts(),
                "body_sha256": pa.array([digest.tobytes().hex() for digest in records.digests], pa.string()),
                "refused": refused.by_seq(len(records)),
            },
        )

    @property
    def frame(self) -> Any:
        """`steps` as a pandas frame."""
        return self.steps.to_pandas()

    @property
    def counts(self) -> Any:
        """Records, bytes and source times of each lane, as a pandas frame."""
        names = ("topic", "partition", "records", "bytes", "first_ms", "last_ms")
        lanes = self.estimates.lanes
        return pa.table({name: [getattr(lane, name) for lane in lanes] for name in names}).to_pandas()

    @property
    def tombstones(self) -> Any:
        """The deletes among `frame`."""
        return self.steps.filter(self.steps["tombstone"]).to_pandas()

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """First, last and largest record, and one of each type."""
        sent = self.sent
        if not len(sent):
            return ()
        picked = {int(sent[0]): "first"}
        picked.setdefault(int(sent[-1]), "last")
        if self.estimates.largest_seq is not None:
            picked.setdefault(self.estimates.largest_seq, "largest")
        if "event_type" in self.records.table.column_names:
            for name, seq in self._first_of_types().items():
                picked.setdefault(seq, f"type {name}")
        return tuple(self._sample(seq, why) for seq, why in picked.items())

    def _first_of_types(self) -> dict[str, int]:
        """Return the first sent record of each event type, in the order of sending."""
        found: dict[str, int] = {}
        start = 0
        for batch in batches_of(self.records.table.select(["event_type"])):
            inside = np.searchsorted(self.sent, (start, start + len(batch)))
            seqs = self.sent[slice(*inside)]
            types = batch.column(0).take(pa.array(seqs - start)).dictionary_encode()
            numbers, rows = np.unique(pc.fill_null(types.indices, -1).to_numpy(), return_index=True)
            for number, row in sorted(zip(numbers.tolist(), rows.tolist(), strict=True), key=lambda pair: pair[1]):
                if number >= 0:
                    found.setdefault(types.dictionary[number].as_py(), int(seqs[row]))
            start += len(batch)
        return found

    def _sample(self, seq: int, why: str) -> Sample:
        table, rows = self.records.table, self.records.shown
        at = position_text(*(table[name][seq].as_py() for name in ("topic", "partition", "offset")))
        key, value = (visible_bytes(data, _SAMPLE_CHARACTERS) for data in (rows.keys[seq], rows.values[seq]))
        return Sample(why, at, f"key {key}, value {value}, {counted(len(rows.headers(seq)), 'header')}")

    def dry_run(self) -> DryRun:
        """Render the plan for a person who is about to confirm it."""
        return DryRun(
            token=self.token,
            summary=summary(self.records, self.estimates, len(self.left_out)),
            lanes=self.estimates.lanes,
            samples=self.samples,
            warnings=self.warnings,
            refusals=tuple(map(str, self.blocking)),
            diffs=diffs(self.records),
            blocked=bool(self.blocking),
            at_run=tuple(str(item) for item in self.refusals if item.at_run),
        )

    def view(self) -> PlanFacts:
        """Return the plan as the replay panel shows it."""
        facts = self.facts
        protected = facts.connection.needs_typed_name
        return PlanFacts(
            token=self.token,
            target=", ".join(facts.target_topics),
            cluster=facts.cluster_id,
            protected=protected,
            records=self.estimates.records,
            bytes=self.estimates.bytes,
            summary=tuple(summary(self.records, self.estimates, len(self.left_out))),
            lanes=tuple((lane.name, lane.records) for lane in self.estimates.lanes),
            warnings=self.warnings,
            refusals=tuple(str(item) for item in self.refusals if item.rule != "G-4"),
            samples=self.samples,
            diffs=diffs(self.records),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the values that the journal keeps: enough to make this plan again from the same selection."""
        return {
            "hash": self.hash,
            "document": dict(self.document),
            "options": self.options.to_json(),
            "edits": self.records.edits.to_json(),
            "facts": self.facts.to_json(),
            "description": self.records.description,
            "warnings": list(self.warnings),
            "refusals": [str(refusal) for refusal in self.refusals],
            "created_at_ms": self.created_at_ms,
        }

    def __repr__(self) -> str:
        return self.dry_run().text()

    def _repr_html_(self) -> str:
        return output_html(self.dry_run().element())
