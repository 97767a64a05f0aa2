"""Short, safe words for events: hostile text is made visible, long values are cut with their length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.analysis.causation.parts import ROOT_KINDS, instants
from workbench.analysis.causation.structure import NO_TIME
from workbench.markup import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import pandas as pd

    from workbench.analysis.causation.arrays import Ints
    from workbench.analysis.causation.parts import Parts

ID_LIMIT = 48
TYPE_LIMIT = 60
_FEW = 3

_UNITS = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1_000, "ms"), (1, "µs"))


def duration(microseconds: int) -> str:
    """Write a signed time span in its largest fitting unit: ``+1.25 s``, ``-40 ms``, ``+0 µs``."""
    size = abs(microseconds)
    unit, name = next(((unit, name) for unit, name in _UNITS if size >= unit), (1, "µs"))
    return f"{'-' if microseconds < 0 else '+'}{size / unit:.4g} {name}"


def instant(microseconds: int) -> str:
    """Write a time in UTC; years that no calendar holds are written as microseconds."""
    if microseconds == NO_TIME:
        return "no time"
    try:
        moment = instants(np.array([microseconds])).iloc[0]
        return f"{moment.strftime('%Y-%m-%d %H:%M:%S')}.{moment.microsecond:06d}Z"
    except (ValueError, OverflowError):
        return f"{microseconds:,} µs since 1970"


@dataclass(frozen=True, slots=True)
class EventWords:
    """What views write about one event, made visible already."""

    key: str
    event_type: str
    source: str
    position: str
    time: int
    remarks: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.event_type} {self.key}"


def words_of(parts: Parts, nodes: Ints, in_cycle: Ints) -> list[EventWords]:
    """Describe some events; meant for the few that are shown."""
    shown = parts.attributes.take(pa.array(nodes)).to_pylist()
    remarks = _remarks(parts, nodes, in_cycle)
    return [
        EventWords(
            key=visible(row["key"], ID_LIMIT),
            event_type=visible(row["event_type"], TYPE_LIMIT) if row["event_type"] is not None else "(no type)",
            source=visible(row["source"], TYPE_LIMIT) if row["source"] is not None else "",
            position=f"{visible(row['topic'], TYPE_LIMIT)}/{row['partition']}@{row['offset']}",
            time=int(parts.time[node]),
            remarks=tuple(remarks[node]),
        )
        for node, row in zip(nodes.tolist(), shown, strict=True)
    ]


def _remarks(parts: Parts, nodes: Ints, in_cycle: Ints) -> dict[int, list[str]]:
    said: dict[int, list[str]] = {
        node: [ROOT_KINDS[parts.root[node]]] if parts.root[node] >= 0 else [] for node in nodes.tolist()
    }
    writers: tuple[tuple[pd.DataFrame, Callable[[Mapping[Hashable, Any]], str]], ...] = (
        (parts.copies, lambda row: f"{row['kind']} {position_words(row)}"),
        (parts.unresolved, lambda row: f"{row['reason']} cause {visible(row['value'], ID_LIMIT)}{_broken(row)}"),
        (parts.problems, lambda row: str(row["problem"])),
    )
    for frame, write in writers:
        picked = frame[frame["node"].isin(nodes)]
        for node in picked["node"].unique().tolist():
            rows = picked[picked["node"] == node]
            said[node] += [write(row) for row in rows.head(_FEW).to_dict("records")]
            if len(rows) > _FEW:
                said[node].append(f"and {len(rows) - _FEW:,} more")
    for node in nodes[np.isin(nodes, in_cycle)].tolist():
        said[node].append("in a cycle")
    return said


def position_words(row: Mapping[Hashable, Any]) -> str:
    """``topic/partition@offset`` of a row."""
    return f"{visible(str(row['topic']), TYPE_LIMIT)}/{row['partition']}@{row['offset']}"


def _broken(row: Mapping[Hashable, Any]) -> str:
    return f" ({row['undecodable']:,} undecodable records within H)" if row["undecodable"] else ""


def counted(counts: dict[str, int]) -> str:
    """``origin 2, self 1``; empty text without any."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)


def root_counts(parts: Parts) -> dict[str, int]:
    """Events of each root kind, those without any left out."""
    numbers = np.bincount(parts.root[parts.root >= 0], minlength=len(ROOT_KINDS)).tolist()
    return {name: number for name, number in zip(ROOT_KINDS, numbers, strict=True) if number}


def reason_counts(parts: Parts) -> dict[str, int]:
    """Unresolved causes of each reason."""
    counts = parts.unresolved["reason"].value_counts()
    return {str(name): int(count) for name, count in sorted(counts.items())}


def copy_kind_counts(parts: Parts) -> dict[str, int]:
    """Copies of each kind."""
    counts = parts.copies["kind"].value_counts()
    return {str(name): int(count) for name, count in sorted(counts.items()) if count}
