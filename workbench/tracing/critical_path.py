"""Critical path of asynchronous events: which hops the last event waited for, and what each could save.

Critical-path method (Kelley and Walker 1959) on point events: float as there, slack by the forest of binding causes,
saving by scheduling again without one hop. The definitions are those of `docs/tracing.md` 6.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import UnknownEventError
from workbench.text import counted, duration_text, visible
from workbench.tracing.answers import Answer
from workbench.tracing.graph.arrays import Groups, reach
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.located import Located
from workbench.tracing.selection import find_events, positions_of
from workbench.tracing.text.labels import ID_LIMIT, key_texts, short_titles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model.causation import EventPosition
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

SAVING_BUDGET = 5_000_000
"""Events looked at for savings: each hop costs a pass over the trace, and of a huge one only the longest get one."""

_SHOWN_HOPS = 40


@dataclass(frozen=True, eq=False, repr=False)
class CriticalPath(Answer, Located):
    """The path of binding causes to one event; slack, float and savings beside it."""

    path: tuple[str, ...]
    """Keys from the beginning to the end."""
    hops: pd.DataFrame
    """cause, effect, hop_us, saving_us (how much earlier the end would come without it), limited_by (the event that
    would then be waited for)."""
    events: pd.DataFrame
    """event, slack_us (before the end, everything that came of it was done), float_us (how much later it could have
    happened), on_path."""
    titles: Mapping[str, str]
    """Type and short id of the events that the text shows, by key."""
    places: tuple[EventPosition, ...] = ()
    """Positions of the events on the path."""
    summary: ClassVar[str] = "critical path"

    def positions(self) -> tuple[EventPosition, ...]:
        """Return the positions of the events on the path, from the beginning."""
        return self.places

    @property
    def frame(self) -> pd.DataFrame:
        """The same as ``hops``."""
        return self.hops

    def text(self) -> str:
        """Write the path, with the saving of each hop."""
        total = int(self.hops["hop_us"].sum())
        lines = [f"critical path: {counted(len(self.path), 'event')}, {duration_text(total, 'us')}"]
        lines += [f"  {self.titles[key]}" for key in self.path[:1]]
        for hop in self.hops.head(_SHOWN_HOPS).to_dict("records"):
            unknown = pd.isna(hop["saving_us"])
            saving = "saving unknown" if unknown else f"saves {duration_text(int(hop['saving_us']), 'us')}"
            limit = hop["limited_by"]
            then = f", then waits for {self.titles[limit]}" if isinstance(limit, str) else ""
            took = duration_text(int(hop["hop_us"]), "us", signed=True)
            lines.append(f"  → {self.titles[hop['effect']]}  {took}  ({saving}{then})")
        if len(self.hops) > _SHOWN_HOPS:
            lines.append(f"  … {counted(len(self.hops) - _SHOWN_HOPS, 'more hop')}; .hops has all")
        return "\n".join(lines)


def critical_path(graph: CausalGraph, event_id: str | None = None) -> CriticalPath:
    """Follow the binding causes of the last event back to the first, and measure the room beside them.

    Args:
        graph: A trace; layout breaks are left out, events without a time take no part.
        event_id: The event that ends the path; None takes the last one by (t, id). With it only its ancestors count.

    Raises:
        UnknownEventError: There is no such event, several share the id, or it has no time.
    """
    if len(graph) == 0:
        return _result(graph, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), None)
    end = len(graph) - 1 if event_id is None else _one(graph, event_id)
    if graph.time[end] == NO_TIME:
        raise UnknownEventError(
            f"Event {key_texts(graph, np.array([end]), ID_LIMIT)[0]} has no time, so no path of times leads to it. "
            "Choose another event, or clock='record' when building the graph.",
            wanted=event_id or "",
        )
    schedule = _Schedule(graph, end, _universe(graph, end, chosen=event_id is not None))
    return _result(graph, schedule.universe, schedule.path(), schedule)


def _one(graph: CausalGraph, event_id: str) -> int:
    found = find_events(graph, event_id)
    if len(found) > 1:
        keys = ", ".join(key_texts(graph, found[:5], ID_LIMIT))
        raise UnknownEventError(
            f"{counted(len(found), 'event')} have the id {visible(event_id, ID_LIMIT)}: {keys}. "
            "Name one by its key or position.",
            wanted=event_id,
        )
    return int(found[0])


def _kept(graph: CausalGraph) -> tuple[Ints, Ints]:
    """Edges between events with a time, layout breaks left out."""
    used, time = graph.used_edges, graph.time
    kept = ~graph.structure.layout_break & (time[used.cause] != NO_TIME) & (time[used.effect] != NO_TIME)
    return used.cause[kept], used.effect[kept]


def _universe(graph: CausalGraph, end: int, *, chosen: bool) -> Ints:
    inside: Flags = graph.time != NO_TIME
    if chosen:
        cause, effect = _kept(graph)
        inside = reach(Groups.of(effect, len(graph), cause), np.array([end]), len(graph))
        inside[end] = True
    return np.flatnonzero(inside)


class _Schedule:
    """Times and edges of the events that take part, renumbered so that causes come before effects."""

    def __init__(self, graph: CausalGraph, end: int, universe: Ints) -> None:
        self.universe = universe[np.argsort(graph.structure.depth[universe], kind="stable")]
        number = np.full(len(graph), -1, dtype=np.int64)
        number[self.universe] = np.arange(len(universe))
        cause, effect = _kept(graph)
        inside = (number[cause] >= 0) & (number[effect] >= 0)
        cause, effect = number[cause[inside]], number[effect[inside]]
        count = len(universe)
        self.time: list[int] = graph.time[self.universe].tolist()
        self.causes = _lists(Groups.of(effect, count, cause))
        self.effects = _lists(Groups.of(cause, count, effect))
        binding = graph.structure.binding[self.universe]
        self.binding: list[int] = np.where(binding >= 0, number[binding], -1).tolist()
        self.rank: list[int] = self.universe.tolist()
        self.end = int(number[end])

    def path(self) -> Ints:
        steps, node = [], self.end
        while node >= 0:
            steps.append(node)
            node = self.binding[node]
        return np.array(steps[::-1], dtype=np.int64)

    def slack(self) -> list[int]:
        latest = list(self.time)
        for node in range(len(latest) - 1, -1, -1):
            if (cause := self.binding[node]) >= 0:
                latest[cause] = max(latest[cause], latest[node])
        return [self.time[self.end] - until for until in latest]

    def float(self) -> list[int]:
        room = [self.time[self.end] - at for at in self.time]
        for node in range(len(room) - 1, -1, -1):
            for effect in self.effects[node]:
                room[node] = min(room[node], self.time[self.binding[effect]] - self.time[node] + room[effect])
        return room

    def savings(self, path: Sequence[int]) -> list[tuple[int | None, int | None]]:
        """Saving of each hop of the path and the event that limits it; both None where not computed."""
        hops = list(pairwise(path))
        lengths = [self.time[effect] - self.time[cause] for cause, effect in hops]
        affordable = SAVING_BUDGET // len(self.time)
        longest = set(np.argsort([-length for length in lengths], kind="stable")[:affordable].tolist())
        on_path = set(path)
        found: list[tuple[int | None, int | None]] = []
        for place, (_, effect) in enumerate(hops):
            if lengths[place] < 0:
                found.append((0, None))
            elif place in longest:
                found.append(self._saving(effect, lengths[place], on_path))
            else:
                found.append((None, None))
        return found

    def _saving(self, shortened: int, length: int, on_path: set[int]) -> tuple[int, int | None]:
        planned = list(self.time)
        for node in range(shortened, len(planned)):
            if self.causes[node]:
                own = 0 if node == shortened else self.time[node] - self.time[self.binding[node]]
                planned[node] = max(planned[cause] for cause in self.causes[node]) + own
        last = max(range(len(planned)), key=lambda node: (planned[node], self.rank[node]))
        saving = max(self.time[self.end] - planned[last], 0)
        return saving, self._limit(last, planned, on_path) if saving < length else None

    def _limit(self, node: int, planned: list[int], on_path: set[int]) -> int | None:
        """First event off the path, going back from the last one along the causes it would wait for."""
        while node in on_path:
            if not self.causes[node]:
                return None
            node = max(self.causes[node], key=lambda cause: (planned[cause], self.rank[cause]))
        return node


def _lists(groups: Groups) -> list[list[int]]:
    members, starts = groups.members.tolist(), groups.starts.tolist()
    return [members[start:stop] for start, stop in pairwise(starts)]


def _result(graph: CausalGraph, universe: Ints, path: Ints, schedule: _Schedule | None) -> CriticalPath:
    steps = path.tolist()
    found = schedule.savings(steps) if schedule is not None else []
    keys = graph.keys(universe)
    slack, room = (schedule.slack(), schedule.float()) if schedule is not None else ([], [])
    times = schedule.time if schedule is not None else []
    hops = pd.DataFrame(
        {
            "cause": pd.Series([keys[node] for node in steps[:-1]], dtype="str"),
            "effect": pd.Series([keys[node] for node in steps[1:]], dtype="str"),
            "hop_us": pd.Series([times[e] - times[c] for c, e in pairwise(steps)], dtype="int64"),
            "saving_us": pd.Series([saving for saving, _ in found], dtype="Int64"),
            "limited_by": pd.Series([None if limit is None else keys[limit] for _, limit in found], dtype="str"),
        },
    )
    events = pd.DataFrame(
        {
            "event": pd.Series(keys, dtype="str"),
            "slack_us": pd.Series(slack, dtype="int64"),
            "float_us": pd.Series(room, dtype="int64"),
            "on_path": np.isin(np.arange(len(keys)), path),
        },
    )
    events = events.iloc[np.argsort(universe, kind="stable")].reset_index(drop=True)
    shown = [*steps[: _SHOWN_HOPS + 1], *(limit for _, limit in found[:_SHOWN_HOPS] if limit is not None)]
    titles = short_titles(graph, universe[np.array(shown, dtype=np.int64)])
    named = dict(zip((keys[node] for node in shown), titles, strict=True))
    places = positions_of(graph, universe[path])
    return CriticalPath(tuple(keys[node] for node in steps), hops, events, named, places)
