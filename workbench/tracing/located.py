"""Answers about records: their positions, for a replay, and as a condition, for a search or a tail."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from workbench.model.causation import EventPosition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd


_FEW = 3
"""Offsets in a row from which on a range is shorter than their list."""


class Located(ABC):
    """Mixin of an answer about events of a snapshot."""

    @abstractmethod
    def positions(self) -> tuple[EventPosition, ...]:
        """Return the position of the record of each event, which is what a replay selects."""

    def where(self) -> str:
        """Write the positions as a condition: ``cluster.search(topics, where=found.where())``.

        In the field of a tail, ``where`` and the condition show these records alone. A search and a tail take the
        condition of a few hundred records; a replay takes any number by their positions.
        """
        return where_text(self.positions())


def where_text(positions: Iterable[EventPosition]) -> str:
    """Write positions as one condition in SQL, as short as it can be: searches take 2,000 characters."""
    lanes: dict[tuple[str, int], set[int]] = {}
    for place in positions:
        lanes.setdefault((place.topic, place.partition), set()).add(place.offset)
    parts = []
    for (topic, partition), offsets in sorted(lanes.items()):
        quoted = topic.replace("'", "''")
        parts.append(f"(topic='{quoted}' AND \"partition\"={partition} AND {_offsets_text(sorted(offsets))})")
    return " OR ".join(parts) or "false"


def _offsets_text(offsets: list[int]) -> str:
    ranges = list(_ranges(offsets))
    alone = [offset for first, last in ranges if last - first < _FEW for offset in range(first, last + 1)]
    parts = [f'"offset" IN ({",".join(map(str, alone))})'] if alone else []
    parts += [f'"offset" BETWEEN {first} AND {last}' for first, last in ranges if last - first >= _FEW]
    return f"({' OR '.join(parts)})" if parts[1:] else parts[0]


def _ranges(offsets: list[int]) -> Iterator[tuple[int, int]]:
    first = last = offsets[0]
    for offset in offsets[1:]:
        if offset > last + 1:
            yield first, last
            first = offset
        last = offset
    yield first, last


def frame_positions(frame: pd.DataFrame) -> tuple[EventPosition, ...]:
    """Return the positions that the rows of a frame have, each once, in their order."""
    rows = frame[list(EventPosition._fields)].dropna().drop_duplicates()
    numbers = {name: rows[name].astype("int64").to_list() for name in ("source_id", "partition", "offset")}
    columns = (numbers["source_id"], rows["topic"].to_list(), numbers["partition"], numbers["offset"])
    return tuple(map(EventPosition, *columns))
