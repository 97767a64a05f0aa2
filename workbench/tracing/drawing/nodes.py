"""Describes each mark of a view: labels, accessible name and counts; positions are added later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from workbench.model.causation import EventPosition, GraphNode
from workbench.text import counted, visible, visible_name
from workbench.tracing.drawing.rows import ON_PATH, SIGNS
from workbench.tracing.drawing.theme import palette_index
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.tables import copy_counts
from workbench.tracing.text.labels import ID_LIMIT, TYPE_LIMIT, EventLabels, labels_of

if TYPE_CHECKING:
    from workbench.model.causation import BadgeKind, RootKind
    from workbench.tracing.drawing.fold import Group
    from workbench.tracing.drawing.marks import Marks
    from workbench.tracing.graph.arrays import Ints

_LONG = 120
_NO_POSITION: dict[str, Any] = {"x": 0.0, "y": 0.0, "width": 0.0, "height": 0.0}


def nodes_of(marks: Marks) -> list[GraphNode]:
    """Describe every mark; positions are added later."""
    return [
        *_events(marks),
        *_groups(marks),
        *(_virtual(marks, value, marks.first_virtual + number) for number, value in enumerate(marks.virtual)),
        *_neighbours(marks),
    ]


_SAID = ("event_id", "event_type", "source", "topic", "correlation_id", "source_id", "partition", "offset")
"""Attributes of an event that its node says."""


def _events(marks: Marks) -> list[GraphNode]:
    graph, shown = marks.graph, marks.folding.shown
    structure = graph.structure
    causes, effects = _degrees(marks)
    copies = copy_counts(graph)
    rows = graph.rows(_SAID, shown).to_pylist()
    colours = palette_index([row["source"] for row in rows])
    in_cycle, signs = structure.in_cycle(), marks.signs
    return [
        GraphNode(
            key=f"e{node}",
            kind="event",
            label=labels.event_type,
            name=_name(labels, int(causes[node]), int(effects[node]), _signs(marks, node)),
            shape=labels.root or "inner",
            colour=colours[row["source"]],
            event_id=_shown(row["event_id"]),
            event_type=_named(row["event_type"]),
            source=_named(row["source"]),
            topic=_named(row["topic"]),
            partition=row["partition"],
            offset=row["offset"],
            time_us=labels.time,
            correlation_id=_shown(row["correlation_id"]),
            root=cast("RootKind | None", labels.root),
            depth=int(structure.depth[node]),
            fragment=int(structure.fragment[node]),
            causes=int(causes[node]),
            effects=int(effects[node]),
            records=1 + int(copies[node]),
            copies=labels.copies,
            unresolved=labels.unresolved,
            problems=labels.problems,
            in_cycle=bool(in_cycle[node]),
            position=EventPosition(row["source_id"], row["topic"], row["partition"], row["offset"]),
            badges=badges_of(signs.failed[node], signs.dead[node], signs.breaks[node]),
            on_path=bool(signs.on_path[node]),
            **_NO_POSITION,
        )
        for node, labels, row in zip(shown.tolist(), labels_of(graph, shown), rows, strict=True)
    ]


def badges_of(failed: Any, dead: Any, breaks: Any) -> tuple[BadgeKind, ...]:
    """Return the badges of what is true, or counted, of an event or a group."""
    kinds: tuple[tuple[BadgeKind, Any], ...] = (("failed", failed), ("dead", dead), ("break", breaks))
    return tuple(kind for kind, count in kinds if count)


def _signs(marks: Marks, node: int) -> list[str]:
    """Write in words what the badges of an event say."""
    signs = marks.signs
    badges = badges_of(signs.failed[node], signs.dead[node], signs.breaks[node])
    return [SIGNS[badge] for badge in badges] + ([ON_PATH] if signs.on_path[node] else [])


def _degrees(marks: Marks) -> tuple[Ints, Ints]:
    """Count the used causes and effects of each event of the graph."""
    used, count = marks.graph.used_edges, len(marks.graph)
    return np.bincount(used.effect, minlength=count), np.bincount(used.cause, minlength=count)


def _shown(text: str | None) -> str | None:
    return None if text is None else visible(text, _LONG)


def _named(name: str | None) -> str | None:
    return None if name is None else visible_name(name, TYPE_LIMIT)


def _name(labels: EventLabels, causes: int, effects: int, signs: list[str]) -> str:
    texts = [f"{labels.event_type}, {labels.position}"]
    texts += [counted(n, noun) for n, noun in ((causes, "cause"), (effects, "effect")) if n]
    return ", ".join([*texts, *signs, *labels.remarks])


def _groups(marks: Marks) -> list[GraphNode]:
    folding = marks.folding
    events = folding.events()
    copies = np.bincount(folding.mark, weights=copy_counts(marks.graph), minlength=len(events)).astype(np.int64)
    counts = marks.signs.inside(folding.mark, len(events))
    nodes = []
    for number, group in enumerate(folding.groups):
        mark = marks.first_group + number
        inside, hidden = int(events[mark]), int(copies[mark])
        label = _group_label(marks, group, inside)
        failed, dead, breaks = (int(count[mark]) for count in counts)
        said = [
            counted(count, noun)
            for count, noun in ((failed, "failure"), (dead, "dead letter"), (breaks, "break of the chain"))
            if count
        ]
        nodes.append(
            GraphNode(
                key=group.key,
                kind="group",
                label=label,
                name=", ".join([label, "folded", counted(inside, "event"), *said]) + "; opens on demand",
                badges=badges_of(failed, dead, breaks),
                shape="group",
                colour=-1,
                time_us=_time(marks, mark),
                records=inside + hidden,
                events=inside,
                group=group.kind,
                depth=int(marks.graph.structure.depth[group.members[0]]),
                fragment=int(marks.graph.structure.fragment[group.members[0]]),
                **_NO_POSITION,
            ),
        )
    return nodes


def _group_label(marks: Marks, group: Group, inside: int) -> str:
    """Write what a group holds: ``OrderPaid: 19,990`` for siblings, else the number of events."""
    if group.kind == "siblings":
        name = marks.graph.column("event_type")[group.members[0]].as_py()
        below = f" and {inside - len(group.members):,} below" if inside > len(group.members) else ""
        return f"{_named(name) or '(no type)'}: {len(group.members):,}{below}"
    if group.kind == "rest":
        return f"{len(group.members):,} more, {counted(inside, 'event')}"
    return f"{counted(inside, 'event')} below"


def _time(marks: Marks, mark: int) -> int | None:
    time = int(marks.time[mark])
    return time if time != NO_TIME else None


def _virtual(marks: Marks, value: str, mark: int) -> GraphNode:
    text = visible(value, _LONG)
    effects = int(marks.lines.edges[marks.lines.cause == mark].sum())
    return GraphNode(
        key=f"v{mark - marks.first_virtual}",
        kind="virtual",
        label=visible(value, ID_LIMIT),
        name=f"cause {text}, not in the snapshot, named by {counted(effects, 'event')}",
        shape="virtual",
        colour=-1,
        event_id=text,
        effects=effects,
        records=0,
        events=0,
        **_NO_POSITION,
    )


def _neighbours(marks: Marks) -> list[GraphNode]:
    nodes = []
    for number, row in enumerate(marks.outside.to_dict("records")):
        known = row["event_type"] if isinstance(row["event_type"], str) else None
        label = _named(known) or "(no type)"
        key = visible(row["neighbour"], _LONG)
        nodes.append(
            GraphNode(
                key=f"o{number}",
                kind="outside",
                label=label,
                name=f"{label} {key}, {row['direction']} outside the selection",
                shape="outside",
                colour=-1,
                event_id=key,
                event_type=_named(known),
                records=0,
                events=0,
                **_NO_POSITION,
            ),
        )
    return nodes
