"""Sets dead letters beside the records that the snapshot holds at their origin: nothing was lost in those."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from workbench.model.records.columns import MASKED_HEADER
from workbench.replay.dead_letters.restored_letters import NotRestorable, RestoredRecord
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.model.selecting.selection import SelectedSource

_PLACE = pa.schema([("source_id", pa.int32()), ("partition", pa.int32()), ("offset", pa.int64())])


def origin_positions(letters: pd.DataFrame, sources: Sequence[SelectedSource]) -> pa.Table:
    """Return the positions that dead letters came from, in each captured topic of that name."""
    numbers: dict[str, list[int]] = {}
    for source in sources:
        numbers.setdefault(source.topic, []).append(source.source_id)
    places = {
        (number, int(letter.origin_partition), int(letter.origin_offset))
        for letter in _placed(letters)
        for number in numbers.get(letter.origin_topic, ())
    }
    columns = zip(*sorted(places), strict=True) if places else ([], [], [])
    return pa.table([pa.array(list(one), field.type) for one, field in zip(columns, _PLACE, strict=True)], _PLACE)


class Originals:
    """The records at the origins of dead letters.

    Args:
        records: RECORD columns and ``source_id`` at `origin_positions`.
        sources: How each source was captured.
    """

    def __init__(self, records: pa.Table | None = None, sources: Sequence[SelectedSource] = ()) -> None:
        self._clusters = {source.source_id: source.cluster_id for source in sources}
        self._found: dict[tuple[Any, ...], tuple[int, RestoredRecord]] = {}
        self._counts: Counter[str] = Counter()
        for batch in () if records is None else records.to_batches(max_chunksize=5_000):
            for one in batch.to_pylist():
                headers = tuple((header["name"], header["value"]) for header in one["headers"])
                if MASKED_HEADER.encode() in dict(headers):
                    continue  # it is not what was sent
                place = (self._clusters.get(one["source_id"]), one["topic"], one["partition"], one["offset"])
                self._found[place] = one["timestamp_ms"], RestoredRecord(one["key"], one["value"], headers)

    def best(self, letter: Any, record: Mapping[str, Any], restore: Callable[[], RestoredRecord]) -> RestoredRecord:
        """Return the record at the origin of a letter where it is the one that failed; else what the letter has of it.

        Args:
            letter: The row of a dead letter.
            record: Its raw record.
            restore: Restores the record that failed from the letter.

        Raises:
            NotRestorable: The letter has not all of it, and neither has the snapshot.
        """
        there = self.at_origin(letter, record)
        try:
            found = restore()
        except NotRestorable:
            if there is None:
                raise
            self._counts["origin"] += 1
            return there
        if there is None:
            self._counts["letter"] += 1
            return found
        if (there.key, there.value) != (found.key, found.value):
            self._counts["differs"] += 1
            return found
        self._counts["equal"] += 1
        return there

    def at_origin(self, letter: Any, record: Mapping[str, Any]) -> RestoredRecord | None:
        """Return the record at the origin of a letter; None where there is none, or one that is younger."""
        if pd.isna(letter.origin_partition) or pd.isna(letter.origin_offset):
            return None
        cluster = self._clusters.get(record["source_id"])
        place = (cluster, letter.origin_topic, int(letter.origin_partition), int(letter.origin_offset))
        time_ms, found = self._found.get(place, (0, None))
        # A younger record is another one: the topic was deleted and created again.
        return None if time_ms > record["timestamp_ms"] else found

    @property
    def summary(self) -> str:
        """Where the bodies came from, in a line; empty where no record at an origin was captured."""
        if not self._found:
            return ""
        texts = {
            "equal": "as at the origin",
            "origin": "taken from the origin, because the letter has not all of it",
            "differs": "of the letter, which differs from what is at the origin now",
            "letter": "of the letter, whose origin was not captured",
        }
        found = [(self._counts[name], text) for name, text in texts.items() if self._counts[name]]
        return "; ".join(f"{counted(count, 'body', 'bodies')} {text}" for count, text in found)


def _placed(letters: pd.DataFrame) -> list[Any]:
    known = letters[letters["origin_partition"].notna() & letters["origin_offset"].notna()]
    return list(known.itertuples(index=False))
