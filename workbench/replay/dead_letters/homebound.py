"""Letters on their way home: each with the record that failed, restored, and a draft of many of these.

A run that was interrupted is resumed from the same restored records, so that both ways make them here. Letters are read
and restored some at a time: their stack traces can be much larger than the records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from workbench.buffers.mapped import mapped_table, taken_table
from workbench.bus.rows import header_column
from workbench.errors import ValidationError
from workbench.model.records.columns import RECORD
from workbench.replay.dead_letter_marks import HOME_PARTITION, RESTORED
from workbench.replay.dead_letters.restored_letters import NotRestorable, RestoredRecord, restore
from workbench.replay.draft import Draft
from workbench.replay.record_positions import position_keys
from workbench.tasks import check_stopped
from workbench.text import position_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.dead_letters.originals import Originals
    from workbench.replay.rewriting.record_reader import RecordReader

    ReaderOf = Callable[[int, str], RecordReader]
    """Gives what reads the records of an original topic, by the source id of their letters and its name."""

_STEP_ROWS, _STEP_BYTES = 2_000, 4 << 20
"""Letters that are objects of Python at once."""
_KEPT = ("partition", "offset", "timestamp_ms", "timestamp_type", "source_id", "cluster", "topic")
_SCHEMA = pa.schema(
    [
        *RECORD,
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("cluster", pa.string()),
        pa.field("topic", pa.string()),
        pa.field(RESTORED, pa.bool_()),
        pa.field(HOME_PARTITION, pa.int32()),
    ]
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter.

    Attributes:
        position: Its own position, as text.
        entry: Its row of `workbench.replay.dead_letters.triage.DeadLetters.frame`.
        record: Its raw record.
        reader: What reads the record that failed.
    """

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


class Letters:
    """Letters with their raw records, read once.

    Args:
        frame: Rows of `workbench.replay.dead_letters.triage.DeadLetters.frame`.
        batches: Their raw records: RECORD columns, ``source_id``, ``cluster``, ``topic``.
        reader: Gives what reads the records of an original topic.
    """

    def __init__(self, frame: pd.DataFrame, batches: Iterable[pa.RecordBatch], reader: ReaderOf) -> None:
        entries: list[Any] = list(frame.itertuples(index=False))
        self._entries = {position_text(one.topic, one.partition, one.offset): one for one in entries}
        self._batches = batches
        self._reader_of = reader
        self._readers: dict[tuple[int, str], RecordReader] = {}
        self.readers: dict[int, RecordReader] = {}
        """What reads the records of each source, as far as its letters were read."""

    def steps(self) -> Iterator[list[Letter]]:
        """Yield some letters at a time."""
        for whole in self._batches:
            step = max(1, min(_STEP_ROWS, whole.num_rows * _STEP_BYTES // max(1, whole.nbytes)))
            for start in range(0, whole.num_rows, step):
                check_stopped()
                yield [letter for row in whole.slice(start, step).to_pylist() if (letter := self._joined(row))]

    def _joined(self, record: Mapping[str, Any]) -> Letter | None:
        position = position_text(record["topic"], record["partition"], record["offset"])
        entry = self._entries.get(position)
        if entry is None:
            return None
        place: tuple[int, str] = record["source_id"], str(entry.origin_topic)
        if place not in self._readers:
            self._readers[place] = self._reader_of(*place)
        self.readers[place[0]] = self._readers[place]
        return Letter(position, entry, record, self._readers[place])


def restored_batch(letters: Sequence[tuple[Letter, RestoredRecord]]) -> pa.RecordBatch:
    """Return the records that failed as rows of a draft, at the positions of their letters."""
    restored = [record for _, record in letters]
    columns: dict[str, Any] = {name: [letter.record[name] for letter, _ in letters] for name in _KEPT}
    columns |= {
        "key": [one.key for one in restored],
        "value": [one.value for one in restored],
        RESTORED: [True] * len(restored),
        HOME_PARTITION: [letter.home_partition for letter, _ in letters],
    }
    headers = header_column([one.headers for one in restored])
    arrays = [headers if field.name == "headers" else pa.array(columns[field.name], field.type) for field in _SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def homebound_draft(
    batches: Iterable[pa.RecordBatch], letters: Letters, sources: Iterable[SelectedSource], **chosen: Any
) -> Draft:
    """Make the draft of restored records, in order of position.

    Args:
        batches: What `restored_batch` makes of some of the letters at a time.
        letters: The letters.
        sources: How each source was captured.
        chosen: Further arguments of `workbench.replay.Draft`.
    """
    found = mapped_table(batches, _SCHEMA)
    table = taken_table(found, position_keys(found).argsort(kind="stable"))
    used = set(table["source_id"].unique().to_pylist())
    selected = [source for source in sources if source.source_id in used]
    readers = {number: reader for number, reader in letters.readers.items() if number in used}
    return Draft(table, sources=selected, readers=readers, **{"mode": "redrive", **chosen})


def restored_draft(
    letters: Letters, sources: Iterable[SelectedSource], *, originals: Originals, **chosen: Any
) -> Draft:
    """Restore letters that a plan sends already, for a run of it.

    Raises:
        ValidationError: One of them cannot be restored any more.
    """
    return homebound_draft((_all_restored(step, originals) for step in letters.steps()), letters, sources, **chosen)


def _all_restored(step: Sequence[Letter], originals: Originals) -> pa.RecordBatch:
    found = []
    for letter in step:
        try:
            found.append((letter, letter.restored(originals)))
        except NotRestorable as reason:
            raise ValidationError(f"{letter.position} cannot be restored any more: {reason}.") from reason
    return restored_batch(found)
