"""Settles a run in doubt: fences its writer, reads the tail of its target, and enters what arrived.

The target tells which records of the batch in doubt are there: each carries the run id and its seq, or is known by its
content. Nothing is sent. What cannot be told from the target stays in doubt.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import BrokerUnavailableError, ReplayRefused, WorkbenchError
from workbench.model import TopicPartition
from workbench.replay.proof.arrivals import Picker, arrivals
from workbench.replay.proof.expected import ACKED
from workbench.replay.proof.stable_ends import stable_ends
from workbench.replay.run.interrupted.abandon import fence
from workbench.replay.run.interrupted.content import Arrival, arrived_by_content
from workbench.replay.run.ledger_rows import NOT_THERE, outcome_rows
from workbench.store.journal import NEVER_TRIED, OUTCOMES, Settlement, Transaction
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.store.journal import Journal, RunLedger, RunRow


@dataclass(frozen=True, slots=True)
class Tails:
    """The part of each target partition where records of a batch in doubt can be."""

    starts: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]


async def resolve_run(log: RecordLog, journal: Journal, run_id: str) -> str:
    """Settle a run in doubt, and return its new state.

    ``done`` when every planned record is settled, ``stopped`` when some were never sent, ``in_doubt`` when the target
    cannot tell.

    Args:
        log: The target cluster, open for writing.
        journal: Where the run is recorded.
        run_id: A run in state ``in_doubt``.

    Raises:
        ReplayRefused: The run wrote to another cluster.
        BrokerUnavailableError: The cluster does not answer.
    """
    row = await asyncio.to_thread(journal.run, run_id)
    check_cluster(log, row)
    if await settle_from_target(log, journal, row) is not None:
        return "in_doubt"
    ledger = journal.ledger_of(run_id)
    skipped = await asyncio.to_thread(lambda: ledger.rows(outcome="skipped"))
    missing = pc.any(pc.equal(skipped["reason"], NOT_THERE)).as_py()
    untried = bool((await asyncio.to_thread(ledger.outcomes) == NEVER_TRIED).any())
    state = "stopped" if missing or untried else "done"
    await asyncio.to_thread(journal.finish, run_id, state, error="settled from what is on the target")
    return state


def check_cluster(log: RecordLog, row: RunRow) -> None:
    """Refuse a cluster that is not the one that the run wrote to.

    Raises:
        ReplayRefused: It is another.
    """
    if row.target_cluster != log.cluster_id:
        reason = f"it wrote to cluster {row.target_cluster}, this is {log.cluster_id}"
        raise ReplayRefused(f"Run {row.run_id} was not settled: {reason}.", reasons=[reason])


async def settle_from_target(log: RecordLog, journal: Journal, row: RunRow, plan: Plan | None = None) -> str | None:
    """Enter the outcome of each record that is unknown; returns why the target cannot tell it, or None.

    Args:
        log: The target cluster, open for writing.
        journal: Where the run is recorded.
        row: The run.
        plan: Its plan, made again; with it also records without provenance headers are found, by their content.

    Raises:
        BrokerUnavailableError: The cluster does not answer.
    """
    # Fencing ends the open transaction of the run, and takes the id from a process that still lives.
    await fence(log, row)
    ledger = journal.ledger_of(row.run_id)
    unknown = await asyncio.to_thread(lambda: ledger.rows(outcome="unknown"))
    if not unknown.num_rows:
        return None
    try:
        tails = await _tails(log, journal, row.run_id)
        if row.plan["document"]["headers"] != "exact":
            found = await _marked(log, row, ledger, tails)
        elif plan is not None:
            found = await arrived_by_content(log, plan, unknown["seq"].to_pylist(), tails.starts, tails.ends)
        else:
            return "its records carry no provenance headers"
    except BrokerUnavailableError:
        raise  # it may answer later, so nobody has to decide without it
    except WorkbenchError as error:
        return error.message
    if isinstance(found, str):
        return found
    return await _settle(journal, row, unknown, found)


async def _tails(log: RecordLog, journal: Journal, run_id: str) -> Tails:
    """Return where to look: behind the last acknowledged record, up to all that is there now.

    Raises:
        WorkbenchError: The target ends before what was acknowledged, or an open transaction hides its end.
    """
    positions = (await asyncio.to_thread(journal.positions, run_id)).to_pylist()
    starts = {
        TopicPartition(at["target_topic"], at["target_partition"]): at["next_target_offset"] or at["start_offset"]
        for at in positions
    }
    # Up to the high watermark, not the last stable offset: another producer's open transaction would hide our records.
    highest = {at: end or 0 for at, end in (await log.offsets(starts, "latest", isolation="read_uncommitted")).items()}
    lost = [at for at, start in starts.items() if highest.get(at, 0) < start]
    if lost:
        raise WorkbenchError(
            f"{lost[0]} ends at {highest.get(lost[0], 0)}, before what was acknowledged ({starts[lost[0]]}): "
            "the topic was created again or records were lost",
        )
    return Tails(starts, await stable_ends(log, highest, starts))


async def _marked(log: RecordLog, row: RunRow, ledger: RunLedger, tails: Tails) -> dict[int, Arrival] | str:
    picker = Picker(row.run_id, ledger, marked=True)
    found: dict[int, Arrival] = {}
    twice = 0
    async for part in arrivals(log, picker, tails.starts, tails.ends):
        rows = zip(part.seqs.tolist(), part.offsets.tolist(), part.times.tolist(), strict=True)
        more = {seq: Arrival(offset, time_ms) for seq, offset, time_ms in rows}
        twice += len(part.seqs) - len(more) + len(more.keys() & found.keys())
        found |= more
    if picker.gaps:
        return f"{counted(picker.gaps, 'offset')} of its target cannot be read any more"
    if picker.compacted and _is_compacted(row):
        return f"the target is compacted, and {counted(picker.compacted, 'offset')} are gone from its tail"
    outcomes = await asyncio.to_thread(ledger.outcomes)
    if twice or any(not 0 <= seq < len(outcomes) or outcomes[seq] in (ACKED, NEVER_TRIED) for seq in found):
        return "records of it are on the target twice"
    return found


def _is_compacted(row: RunRow) -> bool:
    targets = set(row.target_topics)
    facts = (topic for topic in row.plan["facts"]["topics"] if topic["name"] in targets)
    return any("compact" in (topic["config"].get("cleanup.policy") or "") for topic in facts)


async def _settle(journal: Journal, row: RunRow, unknown: pa.Table, found: Mapping[int, Arrival]) -> str | None:
    """Enter the outcome of each batch in doubt; returns a reason where a transaction is there in part."""
    seqs = unknown["seq"].to_pylist()
    batches = (await asyncio.to_thread(journal.transactions, row.run_id)).to_pylist()
    settled = []
    left = set(seqs)
    # The newest batch first: a seq that was sent again belongs to the batch that sent it last.
    for batch in reversed([batch for batch in batches if batch["state"] in ("unknown", "intent")]):
        own = [seq for seq in seqs if batch["first_seq"] <= seq <= batch["last_seq"] and seq in left]
        left -= set(own)
        there = [seq for seq in own if seq in found]
        if row.writer_mode == "transactional" and there and len(there) != len(own):
            whole = counted(len(own), "record")
            return f"of a transaction of {whole} only {len(there)} are on the target"
        transaction = Transaction(batch["lane_group"], batch["txn_no"], batch["first_seq"], batch["last_seq"])
        state = "committed" if there else "aborted"
        settled.append(Settlement(transaction, state, arrived_rows(own, found), again=True))
    # In one step: settling moves the place from which the target is read, and this process may be killed, too.
    await asyncio.to_thread(journal.settle, row.run_id, *settled)
    return None


def arrived_rows(seqs: Sequence[int], found: Mapping[int, Arrival]) -> pa.Table:
    """Return the outcome of records of a batch in doubt: ``acked`` with the offset that was found, or ``skipped``."""
    arrivals = [found.get(seq) for seq in seqs]
    columns = {
        "outcome": ["skipped" if arrival is None else "acked" for arrival in arrivals],
        "reason": [NOT_THERE if arrival is None else "found on the target" for arrival in arrivals],
        "target_offset": [None if arrival is None else arrival.offset for arrival in arrivals],
        "target_timestamp_ms": [None if arrival is None else arrival.timestamp_ms for arrival in arrivals],
    }
    given = {name: pa.array(values, OUTCOMES.field(name).type) for name, values in columns.items()}
    return outcome_rows(np.asarray(seqs, np.int64), given)
