"""The checks of a verification: each compares the plan, the ledger and the records that were read back.

Records are compared as they are read, block by block; what is kept is a mark for each seq, and the first faults.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from workbench.model import TimestampType
from workbench.replay.proof.expected import ACKED, BLOCK_ROWS, NOT_KNOWN
from workbench.replay.records.replay_records import NOW
from workbench.text import and_more, counted, position_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.model import TopicPartition
    from workbench.replay.proof.arrivals import Arrived, Picker
    from workbench.replay.proof.expected import Block, ExpectedRecords
    from workbench.replay.records.raw_rows import Longs

Result: TypeAlias = "tuple[str, Literal['pass', 'fail', 'not checked'], str]"

ONCE, PLACES, BODIES = "every record exactly once", "positions as in the ledger", "key, value and headers equal"
ORDER, PARTITIONS, TIMES = "order in each lane", "partitions as planned", "timestamps by policy"

_SHOWN = 3
_KEPT = 1_000
_MOST_TIMES = 255


@dataclass
class Faults:
    """What one check found wrong: all counted, the first ones kept."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, text: str, order: int = 0) -> None:
        """Add one; those of the lowest order are shown."""
        self.count += 1
        self.first.append((order, text))
        if len(self.first) > _KEPT:
            self.first = sorted(self.first, key=lambda fault: fault[0])[:_SHOWN]

    def result(self, name: str, right: str = "") -> Result:
        """Return the result of the check."""
        if not self.count:
            return name, "pass", right
        shown = [text for _, text in sorted(self.first, key=lambda fault: fault[0])[:_SHOWN]]
        return name, "fail", f"{', '.join(shown)}{and_more(self.count - _SHOWN)}"


class Comparison:
    """Compares the records of a run, as they are read back, with what is expected."""

    def __init__(self, expected: ExpectedRecords) -> None:
        self.expected = expected
        self.seen = np.zeros(len(expected), np.uint8)
        """How often each seq was read; `_MOST_TIMES` stands for more, too."""
        self.in_place = np.zeros(len(expected), bool)
        """Whether each was read at the position that the ledger has."""
        self.strange: Counter[int] = Counter()
        """Seqs that the run does not have."""
        self.bodies, self.order, self.partitions, self.times, self.misplaced = (Faults() for _ in range(5))
        self.times_unknown = 0
        self._last: dict[TopicPartition, int] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing of the run should be there, nothing is, and yet not all of its records were left out."""
        expected = self.expected
        return not (expected.wanted.any() or self.seen.any() or self.strange or expected.all_left_out)

    def take(self, part: Arrived) -> None:
        """Compare the records of one chunk."""
        self._in_order(part)
        known = (part.seqs >= 0) & (part.seqs < len(self.expected))
        for row in np.flatnonzero(~known).tolist():
            self.strange[int(part.seqs[row])] += 1
            self.misplaced.add(_at(part, row), int(part.seqs[row]))
        rows = np.flatnonzero(known)
        numbers = part.seqs[rows] // BLOCK_ROWS
        for number in sorted(set(numbers.tolist())):
            own = rows[numbers == number]
            block = self.expected.block(number)
            self._compare(part, own, block)

    def _in_order(self, part: Arrived) -> None:
        before = np.maximum.accumulate(np.concatenate(([self._last.get(part.at, -1)], part.seqs)))
        for row in np.flatnonzero(part.seqs <= before[:-1]).tolist():
            self.order.add(f"seq {part.seqs[row]} after {before[row]} in {part.at}")
        self._last[part.at] = int(before[-1])

    def _compare(self, part: Arrived, rows: Longs, block: Block) -> None:
        seqs = part.seqs[rows]
        planned = seqs - block.first
        self._count(seqs)
        here = block.places.are(planned, part.at)
        right = here & (self.expected.outcomes[seqs] == ACKED) & (block.offsets[planned] == part.offsets[rows])
        self.in_place[seqs[right]] = True
        for row in rows[~right].tolist():
            self.misplaced.add(_at(part, row), int(part.seqs[row]))
        for row in rows[(part.digests[rows] != block.digests[planned]).any(axis=1)].tolist():
            at = position_text(part.at.topic, part.at.partition, int(part.offsets[row]))
            self.bodies.add(f"seq {part.seqs[row]} at {at}")
        for lost in np.flatnonzero(~here).tolist():
            self.partitions.add(f"seq {seqs[lost]} in {part.at}, planned {block.places[planned[lost]]}")
        self._compare_times(part, rows, block, planned)

    def _count(self, seqs: Longs) -> None:
        times: Longs | int = 1
        if (seqs[1:] <= seqs[:-1]).any():
            seqs, times = np.unique(seqs, return_counts=True)
        self.seen[seqs] = np.minimum(self.seen[seqs].astype(np.int64) + times, _MOST_TIMES)

    def _compare_times(self, part: Arrived, rows: Longs, block: Block, planned: Longs) -> None:
        if part.at.topic in self.expected.overwritten:
            wrong = part.kinds[rows] != TimestampType.APPEND
        else:
            acked = self.expected.outcomes[part.seqs[rows]] == ACKED
            told = np.where(acked, block.stated[planned], NOT_KNOWN)
            # A record that gets the time of sending has the one that the ledger states.
            wanted = np.where(block.times[planned] == NOW, told, block.times[planned])
            self.times_unknown += int((wanted == NOT_KNOWN).sum())
            wrong = (wanted != NOT_KNOWN) & (part.times[rows] != wanted)
        for row in rows[wrong].tolist():
            self.times.add(f"seq {part.seqs[row]} has {part.times[row]}")


def all_checks(comparison: Comparison, picker: Picker) -> Iterator[Result]:
    """Yield the result of every check, when all was read; of one only where there was nothing to compare."""
    if comparison.empty and not picker.gaps:
        yield "compare the records of the run", "not checked", "none was acknowledged, so nothing was compared"
        return
    yield _every_seq_once(comparison, picker)
    yield _positions(comparison)
    yield comparison.bodies.result(BODIES)
    yield comparison.order.result(ORDER)
    yield comparison.partitions.result(PARTITIONS)
    yield _timestamps(comparison)


def passed_checks(records: int) -> Iterator[tuple[str, str]]:
    """Yield name and detail of every check, where all of them have passed for so many records."""
    yield ONCE, counted(records, "record")
    yield PLACES, counted(records, "position")
    yield from ((name, "") for name in (BODIES, ORDER, PARTITIONS, TIMES))


def _every_seq_once(comparison: Comparison, picker: Picker) -> Result:
    name = ONCE
    if picker.gaps:
        return name, "not checked", f"{counted(picker.gaps, 'offset')} could not be read"
    wanted = comparison.expected.wanted
    wrong = Faults()
    for seq in np.flatnonzero(comparison.seen != wanted).tolist():
        wrong.add(f"seq {seq} {counted(int(comparison.seen[seq]), 'time')}", seq)
    for seq, times in comparison.strange.items():
        wrong.add(f"seq {seq} {counted(times, 'time')}", seq)
    if not wrong.count and picker.lookalikes:
        return name, "not checked", f"{counted(picker.lookalikes, 'unmarked record')} of others with the same content"
    return wrong.result(name, counted(int(wanted.sum()), "record"))


def _positions(comparison: Comparison) -> Result:
    name = PLACES
    untold = comparison.expected.ledger.untold()
    if untold:
        return name, "not checked", f"the broker did not tell {counted(untold, 'offset')}"
    acked = comparison.expected.outcomes == ACKED
    for seq in np.flatnonzero(acked & ~comparison.in_place).tolist():
        block = comparison.expected.block(seq // BLOCK_ROWS)
        row = seq - block.first
        comparison.misplaced.add(f"seq {seq} at {block.places[row]}/{block.offsets[row]}", seq)
    return comparison.misplaced.result(name, counted(int(acked.sum()), "position"))


def _timestamps(comparison: Comparison) -> Result:
    name, unknown = TIMES, comparison.times_unknown
    if unknown and not comparison.times.count:
        return name, "not checked", f"the time of sending of {counted(unknown, 'record')} is not known"
    return comparison.times.result(name)


def _at(part: Arrived, row: int) -> str:
    return f"seq {part.seqs[row]} at {part.at}/{part.offsets[row]}"
