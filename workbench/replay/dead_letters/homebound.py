"""Letters on their way home: each with the record that failed, restored, and a draft of many of these.

A run that was interrupted is resumed from the same restored records, so that both ways make them here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from workbench.bus.rows import header_column
from workbench.errors import ValidationError
from workbench.replay.dead_letter_marks import HOME_PARTITION, RESTORED
from workbench.replay.dead_letters.restored_letters import NotRestorable, RestoredRecord, restore
from workbench.replay.draft import Draft
from workbench.text import position_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.dead_letters.originals import Originals
    from workbench.replay.rewriting.record_reader import RecordReader

    ReaderOf = Callable[[int, str], RecordReader]
    """Gives what reads the records of an original topic, by the source id of their letters and its name."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter.

    Attributes:
        row: Its row in the table of raw records.
        position: Its own position, as text.
        entry: Its row of `workbench.replay.dead_letters.triage.DeadLetters.frame`.
        record: Its raw record.
        reader: What reads the record that failed.
    """

    row: int
    position: str
    entry: Any
    record: Mapping[str, Any]
    reader: RecordReader

    @property
    def home_partition(self) -> int | None:
        """The partition that the record came from; None where the letter does not tell it."""
        return None if pd.isna(self.entry.origin_partition) else int(self.entry.origin_partition)

    def restored(self, originals: Originals) -> RestoredRecord:
        """Return the record that failed.

        Raises:
            NotRestorable: Neither the letter nor the snapshot has all of it.
        """
        record, writer = self.record, self.entry.written_by
        headers = tuple((one["name"], one["value"]) for one in record["headers"])
        via = writer if isinstance(writer, str) else self.entry.origin_via
        key, value, problems = record["key"], record["value"], self.entry.problems
        return originals.best(self.entry, record, lambda: restore(key, value, headers, via, problems))


def letters_of(frame: pd.DataFrame, records: pa.Table | None, reader: ReaderOf) -> Iterator[Letter]:
    """Join rows of letters and their raw records, in the order of the records."""
    entries: list[Any] = list(frame.itertuples(index=False))
    known = {position_text(one.topic, one.partition, one.offset): one for one in entries}
    readers: dict[tuple[int, str], RecordReader] = {}
    for row, record in enumerate(_rows(records)):
        position = position_text(record["topic"], record["partition"], record["offset"])
        if (entry := known.get(position)) is None:
            continue
        place: tuple[int, str] = record["source_id"], str(entry.origin_topic)
        if place not in readers:
            readers[place] = reader(*place)
        yield Letter(row, position, entry, record, readers[place])


def homebound_draft(
    records: pa.Table,
    letters: Sequence[tuple[Letter, RestoredRecord]],
    sources: Iterable[SelectedSource],
    **chosen: Any,
) -> Draft:
    """Make the draft of restored records.

    Args:
        records: The raw records of the letters.
        letters: What is sent, with the record that failed.
        sources: How each source was captured.
        chosen: Further arguments of `workbench.replay.Draft`.
    """
    home = pa.array([letter.home_partition for letter, _ in letters], pa.int32())
    taken = records.take(pa.array([letter.row for letter, _ in letters], pa.int64()))
    table = _table(taken, [record for _, record in letters]).append_column(HOME_PARTITION, home)
    used = set(table["source_id"].to_pylist())
    readers = {letter.record["source_id"]: letter.reader for letter, _ in letters}
    selected = [source for source in sources if source.source_id in used]
    return Draft(table, sources=selected, readers=readers, **{"mode": "redrive", **chosen})


def restored_draft(
    frame: pd.DataFrame,
    records: pa.Table | None,
    sources: Iterable[SelectedSource],
    *,
    originals: Originals,
    reader: ReaderOf,
    **chosen: Any,
) -> Draft:
    """Restore letters that a plan sends already, for a run of it that is resumed.

    Raises:
        ValidationError: One of them cannot be restored any more.
    """
    found = []
    for letter in letters_of(frame, records, reader):
        try:
            found.append((letter, letter.restored(originals)))
        except NotRestorable as reason:
            raise ValidationError(f"{letter.position} cannot be restored any more: {reason}.") from reason
    if records is None or not found:
        raise ValidationError("The snapshot holds none of these dead letters.")
    return homebound_draft(records, found, sources, **chosen)


def _rows(records: pa.Table | None) -> Iterator[dict[str, Any]]:
    for batch in () if records is None else records.to_batches(max_chunksize=5_000):
        yield from batch.to_pylist()


def _table(records: pa.Table, restored: Sequence[RestoredRecord]) -> pa.Table:
    columns = {
        "key": pa.array([one.key for one in restored], pa.binary()),
        "value": pa.array([one.value for one in restored], pa.binary()),
        "headers": header_column([one.headers for one in restored]),
    }
    for name, column in columns.items():
        records = records.set_column(records.schema.get_field_index(name), name, column)
    return records.append_column(RESTORED, pa.array([True] * len(restored)))
