"""The checks of a verification: each compares the plan, the ledger and the records that were read back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.model import TimestampType
from workbench.replay.records.replay_records import NOW
from workbench.text import and_more, counted, position_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.model import TopicPartition
    from workbench.replay.proof.arrivals import Arrival, Arrivals
    from workbench.replay.proof.expected import ExpectedRecords
    from workbench.replay.proof.ledger import LedgerRows

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
    counts = Counter(arrival.seq for arrival in arrivals.found)
    skipped = {seq for seq, outcome in ledger.others.items() if outcome in ("skipped", "refused")}
    wanted = set(expected.sent) - skipped
    wrong = [
        f"seq {seq} {counted(counts[seq], 'time')}"
        for seq in sorted(wanted | set(counts))
        if counts[seq] != (seq in wanted)
    ]
    if not wrong and arrivals.lookalikes:
        return name, "not checked", f"{counted(arrivals.lookalikes, 'unmarked record')} of others with the same content"
    return _result(name, wrong, counted(len(wanted), "record"))


def _positions(ledger: LedgerRows, arrivals: Arrivals) -> Result:
    name = "positions as in the ledger"
    untold = sum(row.offset is None for row in ledger.acked.values())
    if untold:
        return name, "not checked", f"the broker did not tell {counted(untold, 'offset')}"
    found = {(arrival.seq, arrival.at, arrival.offset) for arrival in arrivals.found}
    stated = {(seq, row.at, row.offset) for seq, row in ledger.acked.items()}
    wrong = [f"seq {seq} at {at}/{offset}" for seq, at, offset in sorted(found ^ stated, key=lambda item: item[0])]
    return _result(name, wrong, counted(len(stated), "position"))


def _bodies(expected: ExpectedRecords, arrivals: Arrivals) -> Result:
    digests = expected.digests
    wrong = [
        f"seq {arrival.seq} at {position_text(arrival.at.topic, arrival.at.partition, arrival.offset)}"
        for arrival in _known(expected, arrivals)
        if arrival.body_sha256 != digests[arrival.seq]
    ]
    return _result("key, value and headers equal", wrong)


def _order(arrivals: Arrivals) -> Result:
    last: dict[TopicPartition, int] = {}
    wrong = []
    for arrival in arrivals.found:
        if arrival.seq <= last.get(arrival.at, -1):
            wrong.append(f"seq {arrival.seq} after {last[arrival.at]} in {arrival.at}")
        last[arrival.at] = max(arrival.seq, last.get(arrival.at, -1))
    return _result("order in each lane", wrong)


def _partitions(expected: ExpectedRecords, arrivals: Arrivals) -> Result:
    wrong = [
        f"seq {arrival.seq} in {arrival.at}, planned {expected.places[arrival.seq]}"
        for arrival in _known(expected, arrivals)
        if arrival.at != expected.places[arrival.seq]
    ]
    return _result("partitions as planned", wrong)


def _timestamps(expected: ExpectedRecords, ledger: LedgerRows, arrivals: Arrivals) -> Result:
    name = "timestamps by policy"
    wrong, unknown = [], 0
    for arrival in _known(expected, arrivals):
        if arrival.at.topic in expected.overwritten:
            right = arrival.timestamp_type == TimestampType.APPEND
        else:
            sent = expected.timestamps[arrival.seq]
            stated = ledger.acked[arrival.seq].timestamp_ms if arrival.seq in ledger.acked else None
            right_ms = stated if sent == NOW else sent
            unknown += right_ms is None
            right = right_ms is None or arrival.timestamp_ms == right_ms
        if not right:
            wrong.append(f"seq {arrival.seq} has {arrival.timestamp_ms}")
    if unknown and not wrong:
        return name, "not checked", f"the time of sending of {counted(unknown, 'record')} is not known"
    return _result(name, wrong)


def _known(expected: ExpectedRecords, arrivals: Arrivals) -> Iterable[Arrival]:
    return (arrival for arrival in arrivals.found if arrival.seq in expected.digests)


def _result(name: str, wrong: list[str], right: str = "") -> Result:
    if not wrong:
        return name, "pass", right
    return name, "fail", f"{', '.join(wrong[:_SHOWN])}{and_more(len(wrong) - _SHOWN)}"
