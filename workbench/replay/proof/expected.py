"""Defines the records that a run should have on its target: by its plan, or by its journal alone; read in blocks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import release
from workbench.replay.proof.places import Places
from workbench.replay.records.replay_records import NOW
from workbench.replay.target.facts import APPEND_TIME
from workbench.store.journal import NEVER_TRIED, OUTCOME_NAMES

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.digest import Digests
    from workbench.replay.records.raw_rows import Longs
    from workbench.store.journal import RunLedger, RunRow

BLOCK_ROWS = 1 << 14
_BLOCKS_KEPT = 16
"""Blocks that are kept: the lanes of a run are read side by side, each at its own seqs."""

DONE = ("done", "verified", "not_verified")
"""States of runs that have come to their end."""

NEVER_RUN = ("planned", "confirmed")
"""States of plans of which nothing was sent."""

NOT_KNOWN = -1
"""Stands for an offset or a time that the broker did not tell."""

ACKED, SKIPPED, REFUSED = (OUTCOME_NAMES.index(name) for name in ("acked", "skipped", "refused"))


@dataclass(frozen=True, slots=True)
class Block:
    """Records of a run that follow each other; arrays by seq from ``first`` on."""

    first: int
    digests: Digests
    places: Places
    """Target partition of each."""
    times: Longs
    """Planned timestamp; `NOW` is chosen when the record is sent."""
    offsets: Longs
    """Of the ledger; `NOT_KNOWN` where it has none."""
    stated: Longs
    """Timestamps of the ledger, like the offsets."""


class ExpectedRecords:
    """The records of a run, and what the ledger has of them.

    Args:
        row: The run.
        ledger: Its ledger.
        plan: Its plan; without it the ledger says which records were to be sent.
    """

    def __init__(self, row: RunRow, ledger: RunLedger, plan: Plan | None = None) -> None:
        self.run_id = row.run_id
        self.marked = row.plan["document"]["headers"] != "exact"
        """They carry provenance headers."""
        self.ledger = ledger
        self.outcomes = ledger.outcomes()
        """Code of each record's outcome, by seq."""
        self._plan = plan
        self._done = row.state in DONE
        self._stamped_when_sent = row.plan["options"]["timestamps"] == "now"
        self._append_time = _append_time_topics(row)
        self._blocks: OrderedDict[int, Block] = OrderedDict()

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def overwritten(self) -> AbstractSet[str]:
        """Targets whose broker overwrites timestamps."""
        return self._append_time if self._plan is None else self._plan.records.append_time_topics

    @property
    def all_left_out(self) -> bool:
        """Whether the run has come to its end with every record left out."""
        return self._done and bool((self.outcomes == SKIPPED).all())

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """The records that should be on the target, by seq."""
        sent = ~np.isin(self.outcomes, [SKIPPED, REFUSED])
        if self._plan is None:
            sent &= self.outcomes != NEVER_TRIED
        else:
            sent[self._plan.left_out.seqs] = False
        return sent

    def block(self, number: int) -> Block:
        """Return the records from ``number * BLOCK_ROWS`` on."""
        found = self._blocks.get(number)
        if found is None:
            found = self._blocks[number] = self._read(number * BLOCK_ROWS)
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return found

    def _read(self, first: int) -> Block:
        stop = min(first + BLOCK_ROWS, len(self))
        release()
        offsets, stated = self.ledger.written(first, stop)
        if self._plan is None:
            rows = self.ledger.rows(first, stop)
            # Records that were never attempted have no row.
            at = pc.index_in(pa.array(np.arange(first, stop)), rows["seq"].combine_chunks())
            rows = rows.select(["body_sha256", "target_topic", "target_partition"]).take(at)
            times = np.full(len(stated), NOW, np.int64) if self._stamped_when_sent else stated
            return Block(first, _digests(rows["body_sha256"]), Places.of(rows), times, offsets, stated)
        records = self._plan.records
        targets = {
            "target_topic": records.target_topic_column(np.arange(first, stop)),
            "target_partition": pa.array(records.target_partitions[first:stop]),
        }
        times = records.planned_timestamps[first:stop]
        return Block(first, records.digests[first:stop], Places.of(pa.table(targets)), times, offsets, stated)


def _append_time_topics(row: RunRow) -> frozenset[str]:
    topics = {topic["name"]: topic["config"] for topic in row.plan["facts"]["topics"]}
    return frozenset(name for name, config in topics.items() if config.get("message.timestamp.type") == APPEND_TIME)


def _digests(column: pa.ChunkedArray) -> Digests:
    """Return a column of 32 bytes each as an array with one row for each; zeros where it is null."""
    content = pc.fill_null(column, bytes(32)).cast(pa.binary(32)).combine_chunks()
    chunks = content.chunks if isinstance(content, pa.ChunkedArray) else [content]
    found = [np.empty((0, 32), np.uint8)]
    for chunk in chunks:
        raw = np.frombuffer(chunk.buffers()[1], np.uint8)
        found.append(raw[32 * chunk.offset : 32 * (chunk.offset + len(chunk))].reshape(-1, 32))
    return np.concatenate(found)
