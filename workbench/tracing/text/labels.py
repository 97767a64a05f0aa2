"""Labels of events, safe to show: hostile text is made visible, long values are cut and their length is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from workbench.text import and_more, counted, position_text, readable_position, visible, visible_name
from workbench.tracing.graph.graph import ROOT_KINDS
from workbench.tracing.graph.nodes import ID_SEPARATOR
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import pandas as pd

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

ID_LIMIT = 48
TYPE_LIMIT = 60
_FEW = 3
_VERSION, _BEGIN_APART = 14, "1345"
"""Place of the version in a UUID, and the versions whose first digits differ from event to event."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


@dataclass(frozen=True, slots=True)
class EventLabels:
    """Texts that views show about one event, made visible already; of each list the first few."""

    key: str
    event_type: str
    source: str
    position: str
    time: int | None
    """Microseconds since 1970 UTC, None where unknown."""
    root: str | None
    copies: tuple[str, ...]
    unresolved: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def title(self) -> str:
        """Type and key."""
        return f"{self.event_type} {self.key}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Root kind, copies, unresolved causes and problems of the event."""
        root = () if self.root is None else (self.root,)
        return (*root, *self.copies, *self.unresolved, *self.problems)


def labels_of(graph: CausalGraph, nodes: Ints) -> list[EventLabels]:
    """Describe some events by their numbers; meant for the few that are shown."""
    copies = _by_node(graph.copies, nodes, lambda row: f"{row['kind']} {_position(row)}")
    unresolved = _by_node(graph.unresolved, nodes, _unresolved_label)
    problems = _by_node(graph.problems, nodes, lambda row: str(row["problem"]))
    in_cycle = graph.structure.in_cycle()
    rows = graph.rows(["key", "event_id", "event_type", "source", "topic", "partition", "offset"], nodes).to_pylist()
    return [
        EventLabels(
            key=_key(row),
            event_type=visible_name(row["event_type"], TYPE_LIMIT) if row["event_type"] is not None else "(no type)",
            source=visible_name(row["source"], TYPE_LIMIT) if row["source"] is not None else "",
            position=_position(row),
            time=None if graph.time[node] == NO_TIME else int(graph.time[node]),
            root=ROOT_KINDS[graph.root_kind[node]] if graph.root_kind[node] >= 0 else None,
            copies=tuple(copies.get(node, ())),
            unresolved=tuple(unresolved.get(node, ())),
            problems=(*problems.get(node, ()), *(("in a cycle",) if in_cycle[node] else ())),
        )
        for node, row in zip(nodes.tolist(), rows, strict=True)
    ]


def _by_node(frame: pd.DataFrame, nodes: Ints, write: Callable[[Mapping[Hashable, Any]], str]) -> dict[int, list[str]]:
    picked = frame[frame["node"].isin(nodes)]
    labels: dict[int, list[str]] = {}
    for row in picked.groupby("node").head(_FEW).to_dict("records"):
        labels.setdefault(row["node"], []).append(write(row))
    for node, count in picked["node"].value_counts().items():
        if count > _FEW:
            labels[cast("int", node)].append(and_more(count - _FEW).strip())
    return labels


def key_texts(graph: CausalGraph, nodes: Ints, limit: int) -> list[str]:
    """Write what names some events, as a search takes it: the key, or the position where the id alone would not do."""
    columns = graph.events.select(["key", "event_id", "topic", "partition", "offset"])
    rows = columns.take(pa.array(nodes)).to_pylist()
    return [_position(row) if _by_position(row) or _is_scoped(row) else visible(row["key"], limit) for row in rows]


def short_titles(graph: CausalGraph, nodes: Ints) -> list[str]:
    """Write the type, where there is one, and the short id of some events: for lines that show many."""
    rows = graph.rows(["key", "event_id", "event_type", "topic", "partition", "offset"], nodes).to_pylist()
    return [f"{visible_name(row['event_type'] or '', TYPE_LIMIT)} {short_id(_key(row))}".lstrip() for row in rows]


def _by_position(row: Mapping[Hashable, Any]) -> bool:
    """Tell whether the key of an event holds its position: it has no id, or another event has it, too."""
    return row["event_id"] is None or str(row["key"]).startswith(f"{row['event_id']}@")


def _is_scoped(row: Mapping[Hashable, Any]) -> bool:
    """Tell whether the key of an event is its source and its id."""
    return row["event_id"] is not None and str(row["key"]).endswith(f"{ID_SEPARATOR}{row['event_id']}")


def _key(row: Mapping[Hashable, Any]) -> str:
    if not _by_position(row):
        # The source of a key stands beside it already.
        return visible(row["event_id"] if _is_scoped(row) else row["key"], ID_LIMIT)
    shared = "" if row["event_id"] is None else f"{visible(row['event_id'], ID_LIMIT)} at "
    return shared + _position(row)


def _position(row: Mapping[Hashable, Any]) -> str:
    return position_text(str(row["topic"]), row["partition"], row["offset"], limit=TYPE_LIMIT)


def _unresolved_label(row: Mapping[Hashable, Any]) -> str:
    unread = f" ({counted(row['unread'], 'raw or damaged record')} within H)" if row["unread"] else ""
    written = readable_position if row["target"] == "position" else visible
    return f"{row['reason']} cause {written(row['value'], ID_LIMIT)}{unread}"


def short_id(key: str) -> str:
    """Write the first eight digits of a UUID, which tell the events of a flow apart; other ids stay as they are.

    A UUID that begins with the time, as that of version 7 does, begins like its neighbours: its last digits follow.
    """
    if not _UUID.match(key):
        return key
    return key[:8] if key[_VERSION] in _BEGIN_APART else f"{key[:8]}…{key[-4:]}"


def root_counts(graph: CausalGraph) -> dict[str, int]:
    """Count the events of each root kind; kinds without any are left out."""
    numbers = np.bincount(graph.root_kind[graph.root_kind >= 0], minlength=len(ROOT_KINDS)).tolist()
    return {name: number for name, number in zip(ROOT_KINDS, numbers, strict=True) if number}


def reason_counts(graph: CausalGraph) -> dict[str, int]:
    """Count the unresolved causes by reason."""
    counts = graph.unresolved["reason"].value_counts()
    return {str(name): int(count) for name, count in sorted(counts.items())}


def copy_kind_counts(graph: CausalGraph) -> dict[str, int]:
    """Count the copies by kind."""
    counts = graph.copies["kind"].value_counts()
    return {str(name): int(count) for name, count in sorted(counts.items()) if count}


def provenance_text(graph: CausalGraph) -> str:
    """Write what was read, by which clock events were placed, and what could not be used."""
    provenance = graph.provenance
    clock = "event time" if provenance.clock == "event" else "record timestamp"
    fell_back, no_time = int(graph.fell_back.sum()), int((graph.time == NO_TIME).sum())
    pieces = [visible(provenance.source, None)] if provenance.source else []
    pieces.append(
        f"{visible(provenance.selection, 120)}: {len(graph):,} of {counted(provenance.events, provenance.counted)}"
    )
    pieces.append(
        f"clock: {clock}" + (f", record timestamp for {counted(fell_back, 'event')} without one" if fell_back else "")
    )
    if no_time:
        pieces.append(f"{counted(no_time, 'event')} without any time")
    if provenance.unread:
        pieces.append(f"{counted(provenance.unread, 'raw or damaged record')} in the snapshot")
    return " · ".join(pieces)
