"""The checks of a verification: each compares the plan, the ledger and the records that were read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from workbench.model import TimestampType
from workbench.replay.proof.ledger import NOT_KNOWN
from workbench.replay.records.replay_records import NOW
from workbench.text import and_more, counted, position_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.model import TopicPartition
    from workbench.replay.proof.arrivals import Arrivals, Arrived
    from workbench.replay.proof.expected import ExpectedRecords
    from workbench.replay.proof.ledger import LedgerRows
    from workbench.replay.records.raw_rows import Longs

Result: TypeAlias = "tuple[str, Literal['pass', 'fail', 'not checked'], str]"

_SHOWN = 3


def all_checks(expected: ExpectedRecords, ledger: LedgerRows, arrivals: Arrivals) -> Iterator[Result]:
    """Yield the result of every check."""
    yield _every_seq_once(expected, ledger, arrivals)
    yield _positions(ledger, arrivals)
    yield _bodies(expected, arrivals)
    yield _order(arrivals)
    yield _partitions(expected, arrivals)
    yield _timestamps(expected, ledger, arrivals)


def _every_seq_once(expected: ExpectedRecords, ledger: LedgerRows, arrivals: Arrivals) -> Result:
    name = "every record exactly once"
    if arrivals.gaps:
        return name, "not checked", f"{counted(arrivals.gaps, 'offset')} could not be read"
    wanted = np.setdiff1d(expected.seqs[expected.sent], ledger.seqs[ledger.left_out])
    found, counts = np.unique(arrivals.seqs, return_counts=True)
    unwanted = ~np.isin(found, wanted)
    bad = [(seq, int(count)) for seq, count in zip(found.tolist(), counts, strict=True) if count > 1]
    bad += [(seq, 1) for seq in found[unwanted & (counts == 1)].tolist()]
    bad += [(seq, 0) for seq in np.setdiff1d(wanted, found).tolist()]
    wrong = [f"seq {seq} {counted(count, 'time')}" for seq, count in sorted(bad)]
    if not wrong and arrivals.lookalikes:
        return name, "not checked", f"{counted(arrivals.lookalikes, 'unmarked record')} of others with the same content"
    return _result(name, wrong, counted(len(wanted), "record"))


def _positions(ledger: LedgerRows, arrivals: Arrivals) -> Result:
    name = "positions as in the ledger"
    untold = int((ledger.offsets[ledger.acked] == NOT_KNOWN).sum())
    if untold:
        return name, "not checked", f"the broker did not tell {counted(untold, 'offset')}"
    wrong: list[tuple[int, TopicPartition, int]] = []
    met = np.zeros(len(ledger.seqs), bool)
    for part in arrivals.parts:
        rows, known = ledger.rows_of(part.seqs)
        right = known.copy()
        stated = rows[known]
        right[known] = ledger.acked[stated] & (ledger.offsets[stated] == part.offsets[known])
        right[known] &= ledger.places.are(stated, part.at)
        met[rows[right]] = True
        wrong += [(int(part.seqs[row]), part.at, int(part.offsets[row])) for row in np.flatnonzero(~right)]
    missed = np.flatnonzero(ledger.acked & ~met).tolist()
    wrong += [(int(ledger.seqs[row]), ledger.places[row], int(ledger.offsets[row])) for row in missed]
    texts = [f"seq {seq} at {at}/{offset}" for seq, at, offset in sorted(wrong, key=lambda item: item[0])]
    return _result(name, texts, counted(int(ledger.acked.sum()), "position"))


def _bodies(expected: ExpectedRecords, arrivals: Arrivals) -> Result:
    wrong = [
        f"seq {part.seqs[row]} at {position_text(part.at.topic, part.at.partition, int(part.offsets[row]))}"
        for part, rows, _ in _known(expected, arrivals)
        for row in rows[~part.equal[rows]].tolist()
    ]
    return _result("key, value and headers equal", wrong)


def _order(arrivals: Arrivals) -> Result:
    last: dict[TopicPartition, int] = {}
    wrong = []
    for part in arrivals.parts:
        before = np.maximum.accumulate(np.concatenate(([last.get(part.at, -1)], part.seqs)))
        late = np.flatnonzero(part.seqs <= before[:-1])
        wrong += [f"seq {part.seqs[row]} after {before[row]} in {part.at}" for row in late.tolist()]
        last[part.at] = int(before[-1])
    return _result("order in each lane", wrong)


def _partitions(expected: ExpectedRecords, arrivals: Arrivals) -> Result:
    wrong = []
    for part, rows, planned in _known(expected, arrivals):
        lost = np.flatnonzero(~expected.places.are(planned, part.at)).tolist()
        wrong += [f"seq {part.seqs[rows[at]]} in {part.at}, planned {expected.places[planned[at]]}" for at in lost]
    return _result("partitions as planned", wrong)


def _timestamps(expected: ExpectedRecords, ledger: LedgerRows, arrivals: Arrivals) -> Result:
    name = "timestamps by policy"
    wrong, unknown = [], 0
    for part, rows, planned in _known(expected, arrivals):
        if part.at.topic in expected.overwritten:
            right = part.kinds[rows] == TimestampType.APPEND
        else:
            wanted = _wanted_times(expected.times[planned], ledger, part, rows)
            unknown += int((wanted == NOT_KNOWN).sum())
            right = (wanted == NOT_KNOWN) | (part.times[rows] == wanted)
        wrong += [f"seq {part.seqs[row]} has {part.times[row]}" for row in rows[~right].tolist()]
    if unknown and not wrong:
        return name, "not checked", f"the time of sending of {counted(unknown, 'record')} is not known"
    return _result(name, wrong)


def _wanted_times(planned: Longs, ledger: LedgerRows, part: Arrived, rows: Longs) -> Longs:
    """Return the right timestamp of some records: the planned one, or for `NOW` the one that the ledger states."""
    stated, known = ledger.rows_of(part.seqs[rows])
    told = np.full(len(rows), NOT_KNOWN, np.int64)
    told[known] = np.where(ledger.acked[stated[known]], ledger.times[stated[known]], NOT_KNOWN)
    return np.where(planned == NOW, told, planned)


def _known(expected: ExpectedRecords, arrivals: Arrivals) -> Iterable[tuple[Arrived, Longs, Longs]]:
    """Yield of each part the rows that are records of the run, and where these stand among the expected ones."""
    for part in arrivals.parts:
        planned, known = expected.rows_of(part.seqs)
        rows = np.flatnonzero(known)
        yield part, rows, planned[rows]


def _result(name: str, wrong: list[str], right: str = "") -> Result:
    if not wrong:
        return name, "pass", right
    return name, "fail", f"{', '.join(wrong[:_SHOWN])}{and_more(len(wrong) - _SHOWN)}"
