"""Decides what the end of a batch means: its entry in the journal, and the records that are left out after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import PublishError
from workbench.model.records.written import ACKED
from workbench.replay.plan.batches import Batch
from workbench.replay.run.batches.settled_rows import settled_rows
from workbench.store.journal import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.replay.run.batches.writers import BatchEnd
    from workbench.replay.run.run_context import RunContext
    from workbench.store.journal import Transaction

OF_THE_RECORD = frozenset({"MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_TIMESTAMP", "INVALID_RECORD"})
"""Broker answers that one record caused; ``on_error="skip_record"`` leaves that record out and goes on."""


class BatchEnds:
    """The ends of the batches of a run, one after the other."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._skips = context.plan.options.on_error == "skip_record"
        self._skipped: dict[int, str] = {}

    def settlement(self, transaction: Transaction, batch: Batch, end: BatchEnd) -> Callable[[], Settlement]:
        """Note what the broker refused, and return what makes the entry of the end in the journal."""
        self._note_bad_records(batch, end)
        skipped = dict(self._skipped)

        def make() -> Settlement:
            rows = settled_rows(self._context.plan, batch.seqs, end, skipped)
            # Records of a batch that was aborted are sent again without the ones that the broker refused.
            return Settlement(transaction, end.state, rows, self._audit_entries(batch, end), again=bool(skipped))

        return make

    def without_bad_records(self, batch: Batch, end: BatchEnd) -> Batch | None:
        """Return the batch without the records that the broker refused; None where it failed for another reason."""
        errors, unsettled = end.written.errors, len(end.written) - end.written.acked
        if end.state != "aborted" or not errors or unsettled != len(errors):
            return None
        if not self._skips or not all(map(_caused_by_record, errors.values())):
            return None
        return Batch(np.setdiff1d(batch.seqs, np.fromiter(self._skipped, np.int64, len(self._skipped))))

    def _note_bad_records(self, batch: Batch, end: BatchEnd) -> None:
        if not self._skips or end.state != "aborted":
            return
        for row, error in end.written.errors.items():
            if _caused_by_record(error):
                self._skipped[int(batch.seqs[row])] = str(error)
        self._context.progress.skipped = len(self._skipped)

    def _audit_entries(self, batch: Batch, end: BatchEnd) -> list[Mapping[str, Any]]:
        plan = self._context.plan
        numbers = plan.records.target_numbers[batch.seqs]
        acked = np.zeros(len(batch.seqs), bool)
        acked[: len(end.written)] = end.written.states == ACKED
        return [
            self._context.audit_entry(
                "replay.batch",
                end.state,
                topic=plan.facts.target_topics[number],
                records=int((acked & (numbers == number)).sum()) if end.state == "committed" else 0,
            )
            for number in sorted(set(numbers.tolist()))
        ]


def _caused_by_record(error: Exception | None) -> bool:
    return isinstance(error, PublishError) and error.cause_code in OF_THE_RECORD
