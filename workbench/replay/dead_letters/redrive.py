"""Sends dead letters home: restores the records that failed, fixes them, and makes a draft for their origin.

Nothing is sent here. The draft is planned, confirmed, run and verified like every replay; its records keep the position
of their dead letter, so the ledger and ``x-replay-of`` tell which letters were dealt with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from workbench.bus.rows import header_column
from workbench.errors import ValidationError
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.replay.dead_letter_marks import HOME_PARTITION, RESTORED
from workbench.replay.dead_letters.originals import Originals
from workbench.replay.dead_letters.restored_letters import BY_NAME, NotRestorable, RestoredRecord, restore
from workbench.replay.draft import Draft
from workbench.replay.rewriting.edits import Change, apply_fix
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.record_reader import RecordReader
from workbench.text import counted, number_text, position_text, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.rewriting.edits import Fix

REDRIVE_RATE = 100
"""Records a second by default: the target has live consumers on purpose."""
REDRIVE_RAMP_S = 10
"""Seconds at the beginning in which a tenth of the rate is sent."""
_SHOWN = 5
_NOT_RETRIED = ("authentication", "authorization", "configuration", "validation", "jsondecode", "deserialization")
"""Parts of error types that a second attempt cannot mend, as long as the record is not changed."""


@dataclass(frozen=True)
class Redrive:
    """Dead letters on their way home: what is sent where, what the fix changes, and what cannot be sent.

    Attributes:
        draft: Plan it with ``cluster.plan(redrive.draft, to=redrive.to)``.
        to: Origin topic of each dead-letter topic.
        changes: The records that the fix changed.
        refused: Position and reason of each letter that is not sent.
        bodies: Where the bodies came from, where the records at their origins were captured, too.
    """

    draft: Draft
    to: Mapping[str, str]
    changes: tuple[Change, ...]
    refused: Mapping[str, str]
    bodies: str = ""

    def __len__(self) -> int:
        return len(self.draft)

    def __repr__(self) -> str:
        lines = [f"Redrive of {counted(len(self), 'dead letter')}, {number_text(len(self.changes))} changed"]
        lines += [f"  {source} → {target}" for source, target in sorted(self.to.items())]
        lines += [f"  {self.bodies}"] if self.bodies else []
        for change in self.changes[:_SHOWN]:
            lines += ["", change.position, *(visible(line, 200) for line in change.diff.splitlines())]
        if self.refused:
            rows = [(position, reason) for position, reason in list(self.refused.items())[:_SHOWN]]
            title = f"{counted(len(self.refused), 'letter')} not sent:"
            lines += ["", title, text_table(("letter", "reason"), rows)]
        return "\n".join(lines)


def make_redrive(
    letters: pd.DataFrame,
    records: pa.Table | None,
    sources: Iterable[SelectedSource],
    *,
    fix: Fix | None = None,
    sent_before: Mapping[str, str] | None = None,
    confirmed: str | None = None,
    originals: Originals | None = None,
    origin: object = None,
    reader: Callable[[int, str], RecordReader] = lambda _, topic: RecordReader(topic),
    **options: Any,
) -> Redrive:
    """Restore and fix dead letters, and make the draft that sends them to their origin.

    Args:
        letters: Rows of `workbench.replay.dead_letters.triage.DeadLetters.frame`.
        records: Their raw records: RECORD columns, ``source_id``, ``cluster``, ``topic``; None without any letter.
        sources: How each source was captured.
        fix: A function that gets the decoded body and returns the one to send, None to leave the letter out; or a JSON
            patch (RFC 6902).
        sent_before: Position and run of letters that were sent home already.
        confirmed: The original topic that the user named: letters go there that only the name of their topic tells of.
        originals: The records at the origins of the letters, where they were captured, too.
        origin: The snapshot.
        reader: Gives what reads the records of an original topic, by the source id of their letters and its name.
        options: See `workbench.replay.Options`.

    Raises:
        ValidationError: No letter can be sent, or the letters of one topic come from several origins.
    """
    known: dict[str, Any] = {}
    letter: Any
    for letter in letters.itertuples(index=False):
        known[position_text(letter.topic, letter.partition, letter.offset)] = letter
    kept: list[int] = []
    restored: list[RestoredRecord] = []
    home: list[int | None] = []
    changes: list[Change] = []
    refused: dict[str, str] = {}
    to: dict[str, set[str]] = {}
    readers: dict[int, RecordReader] = {}
    originals = originals or Originals()
    for row, record in enumerate(() if records is None else _rows(records)):
        position = position_text(record["topic"], record["partition"], record["offset"])
        letter = known.get(position)
        if letter is None:
            continue
        own = reader(record["source_id"], str(letter.origin_topic))
        try:
            _check_origin(letter, confirmed, (sent_before or {}).get(position))
            found = _prepared(letter, record, fix, own, originals)
        except NotRestorable as reason:
            refused[position] = str(reason)
            continue
        if found[1] is not None:
            before, after = ((one.value, one.headers) for one in (found[1], found[0]))
            changes.append(Change.of(position, own, before, after))
        readers[record["source_id"]] = own
        kept.append(row)
        restored.append(found[0])
        home.append(None if pd.isna(letter.origin_partition) else int(letter.origin_partition))
        to.setdefault(record["topic"], set()).add(str(letter.origin_topic))
    if records is None or not kept:
        reasons = "; ".join(sorted(set(refused.values()))[:_SHOWN])
        raise ValidationError(f"No dead letter can be sent: {reasons or 'there is none'}.")
    targets = _one_origin_each(to)
    table = _table(records.take(pa.array(kept)), restored).append_column(HOME_PARTITION, pa.array(home, pa.int32()))
    chosen = {"mode": "redrive", "records_per_s": REDRIVE_RATE, "ramp_s": REDRIVE_RAMP_S, **options}
    used = set(table["source_id"].to_pylist())
    selected = [source for source in sources if source.source_id in used]
    summary = f"{counted(len(kept), 'dead letter')}, {number_text(len(changes))} changed by a fix"
    draft = Draft(table, sources=selected, description=summary, origin=origin, readers=readers, **chosen)
    return Redrive(draft, targets, tuple(changes), refused, originals.summary)


def _rows(records: pa.Table) -> Iterable[dict[str, Any]]:
    for batch in records.to_batches(max_chunksize=5_000):
        yield from batch.to_pylist()


def _check_origin(letter: Any, confirmed: str | None, run: str | None) -> None:
    """Refuse a letter that is at home already, or whose home is not known for sure."""
    if run is not None:
        raise NotRestorable(f"it was sent home by run {run}")
    if not isinstance(letter.origin_topic, str):
        raise NotRestorable("its origin is not known; name it with origins=")
    if is_dead_letter_topic(letter.origin_topic):
        raise NotRestorable(f"its origin {letter.origin_topic} is a dead-letter topic")
    if letter.origin_via == BY_NAME and letter.origin_topic != confirmed:
        guess = f"that it came from {letter.origin_topic} is a guess by the name of its topic"
        raise NotRestorable(f"{guess}; confirm it with origin={letter.origin_topic!r} (--origin {letter.origin_topic})")


def _prepared(
    letter: Any, record: Mapping[str, Any], fix: Fix | None, reader: RecordReader, originals: Originals
) -> tuple[RestoredRecord, RestoredRecord | None]:
    """Restore and fix one letter; returns the record to send, and what it was where the fix changed it."""
    headers = tuple((one["name"], one["value"]) for one in record["headers"])
    via = letter.origin_via
    found = originals.best(letter, record, lambda: restore(record["key"], record["value"], headers, via))
    fixed = found if fix is None else _fixed(found, fix, reader)
    if (fixed.value, fixed.headers) != (found.value, found.headers):
        return fixed, found
    kind = str(letter.error_type or "").lower()
    if any(word in kind for word in _NOT_RETRIED):
        raise NotRestorable(f"{letter.error_type} would come again, and the record was not changed")
    return found, None


def _fixed(found: RestoredRecord, fix: Fix, reader: RecordReader) -> RestoredRecord:
    try:
        value, headers = apply_fix(reader, fix, found.value, found.headers)
    except NotRewritable as reason:
        raise NotRestorable(str(reason)) from reason
    return RestoredRecord(found.key, value, headers, found.removed)


def _one_origin_each(origins: Mapping[str, set[str]]) -> dict[str, str]:
    for topic, names in sorted(origins.items()):
        if len(names) > 1:
            shown = ", ".join(sorted(names)[:_SHOWN])
            raise ValidationError(
                f"The dead letters of {topic} come from several topics: {shown}. Send them one after the other: "
                f"origin={min(names)!r}.",
            )
    return {topic: next(iter(names)) for topic, names in origins.items()}


def _table(records: pa.Table, restored: Sequence[RestoredRecord]) -> pa.Table:
    columns = {
        "key": pa.array([one.key for one in restored], pa.binary()),
        "value": pa.array([one.value for one in restored], pa.binary()),
        "headers": header_column([one.headers for one in restored]),
    }
    for name, column in columns.items():
        records = records.set_column(records.schema.get_field_index(name), name, column)
    return records.append_column(RESTORED, pa.array([True] * len(restored)))
