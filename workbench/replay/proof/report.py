"""The report of a run: outcomes, target positions, verification, and help for undoing it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from workbench.replay.proof.undo_aids import UndoAids
from workbench.replay.records.digest import token
from workbench.store.journal import LEDGER, WAY_ON
from workbench.text import (
    Element,
    counts_text,
    element,
    facts,
    fragment,
    iso_text,
    listing,
    number_text,
    output_html,
    partition_text,
    table,
    text_table,
    time_text,
    visible,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.replay.proof.verification import Verification
    from workbench.store.journal import Journal, RunLedger, RunRow

DELETED = "replay.delete_created"
"""Action of the audit's entries about created topics that were deleted."""
TRY = "replay.try"
"""Action of the audit's entries about runs that were tried again."""
_PART_ROWS = 1 << 16
_MOST_HELD = 100_000
"""Records up to which a report holds its ledger."""
_EXIT = {"done": 0, "verified": 0, "stopped": 3, "in_doubt": 3, "planned": 3}
_GO_ON = (
    "To send the rest, and nothing again: snap.replays.resume({run!r}, writer),\n"
    "or workbench replay resume SNAPSHOT {run} -b BROKER --reason WHY"
)
_VERIFY = (
    "To compare the target with the ledger: snap.replays.verify({run!r}, writer),\n"
    "or workbench replay verify SNAPSHOT {run} -b BROKER --reason WHY"
)
_RUN = (
    "Nothing was sent. To send it, at most an hour after it was planned: cluster.run(plan, confirm={token!r}),\n"
    "or workbench replay run SNAPSHOT {token} -b BROKER --reason WHY"
)
_NEXT = {
    "planned": _RUN,
    "stopped": _GO_ON,
    "failed": _GO_ON,
    "in_doubt": f"{WAY_ON}.",
    "done": _VERIFY,
    "not_verified": _VERIFY,
}
"""What to do next, by state; nothing after a run that was verified or abandoned."""


@dataclass(frozen=True)
class ReplayReport:
    """The result of a run, read from its journal."""

    run_id: str
    plan_hash: str
    """SHA-256 of the plan, whose first digits are its token."""
    state: str
    """``done``, ``verified``, ``not_verified``, ``stopped``, ``failed`` or ``in_doubt``."""
    error: str | None
    selected: int
    """Records of the plan, those left out included."""
    outcomes: Mapping[str, int]
    """Records by outcome; those that were never attempted have none."""
    positions: pa.Table
    """Of each target partition its end when the run began, and the offset of the run's next record."""
    verification: Verification | None
    """None when nothing was verified."""
    undo: UndoAids
    recorded: RunLedger
    why: Mapping[str, str | None]
    """The ``reason``, who confirmed it (``confirmed_by``) and its times (``confirmed_at``, ``started_at``,
    ``finished_at``)."""
    held: pa.Table | None = None
    """The ledger of a run that is not large."""
    targets: tuple[str, ...] = ()
    """Its target topics."""
    tries: tuple[str, ...] = ()
    """What became of each time that the run was tried again (``on_error="retry(3)"``)."""

    @property
    def ledger(self) -> pa.Table:
        """Source position, target position and outcome of each record that was attempted or left out.

        Of more than 100,000 records it is read from the journal each time, which must still be open then.
        """
        return self.recorded.rows() if self.held is None else self.held

    @property
    def counts(self) -> dict[str, int]:
        """Records by outcome; ``unsent`` are those that were never attempted."""
        return {**self.outcomes, "unsent": self.selected - sum(self.outcomes.values())}

    @property
    def frame(self) -> Any:
        """The ledger as a pandas frame; digests as hex digits."""
        from workbench.store.snapshot.frames import to_pandas

        return to_pandas(readable(self.ledger))

    @property
    def exit_status(self) -> int:
        """Exit status of the command: 0 done and verified, 1 failed, 3 incomplete."""
        return _EXIT.get(self.state, 1)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the ledger to a file, as evidence; a large one in parts. Which run it is stands in its metadata."""
        run = {"run_id": self.run_id, "plan_hash": self.plan_hash, "state": self.state, **self.why}
        with pq.ParquetWriter(path, LEDGER.with_metadata({"workbench.replay": json.dumps(run)})) as file:
            for first in range(0, max(1, self.selected), _PART_ROWS):
                file.write_table(self.recorded.rows(first, first + _PART_ROWS))

    @property
    def next_step(self) -> str:
        """What to do next; empty where the run is verified or given up."""
        return _NEXT.get(self.state, "").format(run=self.run_id, token=token(self.plan_hash))

    def _facts(self) -> list[tuple[str, str]]:
        counts = counts_text(self.counts)
        return [
            ("state", self.state),
            ("plan", token(self.plan_hash)),
            *([("confirmed", visible(self._confirmed, None))] if self._confirmed else []),
            *([("time", " to ".join(self._times))] if self._times else []),
            *([("target", visible(", ".join(self.targets), None))] if self.state == "planned" else []),
            ("records", f"{number_text(self.selected)} selected: {counts or 'none attempted'}"),
            *([("error", visible(self.error, None))] if self.error else []),
            *([("tried again", visible("; ".join(self.tries), None))] if self.tries else []),
            *([("verification", self.verification.summary)] if self.verification else []),
        ]

    @property
    def _confirmed(self) -> str:
        by, reason = self.why["confirmed_by"], self.why["reason"]
        return ": ".join(filter(None, [f"by {by}" if by else "", reason]))

    @property
    def _times(self) -> list[str]:
        known = (self.why["started_at"], self.why["finished_at"])
        return [time_text(datetime.fromisoformat(at), precision="s") for at in known if at]

    def _lines(self) -> list[str]:
        return [*self.next_step.splitlines(), *(self.undo.lines if self.positions.num_rows else [])]

    def _ranges(self) -> list[tuple[str, str, str]]:
        return [
            (partition_text(row["target_topic"], row["target_partition"]), number_text(row["start_offset"]), _next(row))
            for row in self.positions.to_pylist()
        ]

    def __repr__(self) -> str:
        parts = [
            f"Replay {self.run_id}",
            "\n".join(f"  {name}: {value}" for name, value in self._facts()),
            *([text_table(_TITLES, ranges, numeric=(1, 2))] if (ranges := self._ranges()) else []),
        ]
        if self.verification is not None:
            parts.append("\n".join(f"  {check}" for check in self.verification.checks))
        parts.append("\n".join(f"  {line}" for line in self._lines()))
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        children: list[Element] = [
            element("h4", f"Replay {self.run_id}"),
            facts(self._facts()),
            *([table(_TITLES, ranges, numeric=(1, 2))] if (ranges := self._ranges()) else []),
        ]
        if self.verification is not None:
            children.append(listing([str(check) for check in self.verification.checks]))
        children.append(listing([visible(line, None) for line in self._lines()]))
        return output_html(fragment(*children, class_="workbench-replay-report"))


_TITLES = ("target", "end before", "next")


def _next(row: Mapping[str, Any]) -> str:
    following = row["next_target_offset"]
    return "" if following is None else number_text(following)


def readable(ledger: pa.Table) -> pa.Table:
    """Return a ledger whose digests are hex digits."""
    import pyarrow as pa

    digests = pa.array([digest.hex() for digest in ledger["body_sha256"].to_pylist()], pa.string())
    return ledger.set_column(ledger.schema.get_field_index("body_sha256"), "body_sha256", digests)


def read_report(journal: Journal, run_id: str, verification: Verification | None = None) -> ReplayReport:
    """Read the report of a run from its journal."""
    row = journal.run(run_id)
    recorded = journal.ledger_of(run_id)
    held = recorded.rows() if row.plan["document"]["records"] <= _MOST_HELD else None
    return ReplayReport(
        run_id=run_id,
        plan_hash=row.plan_hash,
        state=row.state,
        error=row.error,
        selected=int(row.plan["document"]["records"]),
        outcomes=recorded.counts(),
        positions=journal.positions(run_id),
        verification=verification,
        undo=UndoAids.of(row, recorded, held, [entry["topic"] for entry in journal.audit_rows(run_id, DELETED)]),
        recorded=recorded,
        why=_why(row),
        held=held,
        targets=tuple(row.target_topics),
        tries=tuple(_try(entry["result"], **entry["details"]) for entry in journal.audit_rows(run_id, TRY)),
    )


def _why(row: RunRow) -> dict[str, str | None]:
    times = {"confirmed_at": row.confirmed_at, "started_at": row.started_at, "finished_at": row.finished_at}
    shown = {name: None if at is None else iso_text(at) for name, at in times.items()}
    return {"reason": row.reason, "confirmed_by": row.confirmed_by, **shown}


def _try(result: str, **details: Any) -> str:
    why = f": {details['error']}" if details["error"] else ""
    return f"try {details['try']} of {details['of']} {result}{why}"
