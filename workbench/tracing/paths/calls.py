"""Critical path of synchronous spans: which span the caller of the root waited for at each instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.errors import UnknownEventError
from workbench.text import counted
from workbench.tracing.answers import SHOWN, Answer, key_text, micros_text, rest_text, share_text, type_text
from workbench.tracing.choices import check_choice
from workbench.tracing.graph.columns import text_rank
from workbench.tracing.paths.intervals import intervals_of
from workbench.tracing.paths.sections import Boundary, call_tree, path_sections, self_times, tolerant_path
from workbench.tracing.selection import find_events

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.paths.intervals import Intervals
    from workbench.tracing.paths.sections import CallTree

CallMethod: TypeAlias = Literal["sections", "tolerant"]

_EXPLANATION = "  each line: time on the path, share of the whole, sections, span"


@dataclass(frozen=True, eq=False, repr=False)
class CallPath(Answer):
    """The spans that the end of a call waited for."""

    root: str
    """Key of the root span; empty where no span has a time."""
    roots: int
    """Roots of the trace: each is a call of its own."""
    sections: pd.DataFrame
    """span, side, from_us, to_us, length_us; latest first, without gaps. Empty for the tolerant path."""
    spans: pd.DataFrame
    """span, event_type, source, side, duration_us, self_us (without its children), on_path_us, share, sections."""

    @property
    def frame(self) -> pd.DataFrame:
        """The same as ``spans``: one row for each span on the path, longest time first."""
        return self.spans

    def text(self) -> str:
        """Write how long the root took, and where that time went."""
        if self.spans.empty:
            return "critical path: no span with a start and an end"
        total = int(self.spans["on_path_us"].sum())
        several = f", 1 of {counted(self.roots, 'root')}" if self.roots > 1 else ""
        spans = counted(len(self.spans), "span")
        lines = [f"critical path of {key_text(self.root)}: {micros_text(total)}, {spans}{several}", _EXPLANATION]
        for row in self.spans.head(SHOWN).to_dict("records"):
            side = f" ({row['side']})" if row["side"] == "server" else ""
            lines.append(
                f"  {micros_text(row['on_path_us'])}  {share_text(row['share'])}  {row['sections']} x  "
                f"{type_text(row['event_type'])} {key_text(row['span'])}{side}  {type_text(row['source'])}"
            )
        return "\n".join([*lines, *rest_text(len(self.spans), "span")])


def call_path(
    graph: CausalGraph,
    root: str | None = None,
    *,
    method: CallMethod = "sections",
    prune_async: bool = True,
    boundary: Boundary = "inclusive",
) -> CallPath:
    """Find the critical path of a call.

    Args:
        graph: Spans, as `workbench.open_trace` makes them.
        root: The span at whose end to begin; None takes the root that took longest.
        method: ``sections`` tiles the root's interval (6.1); ``tolerant`` gives each span on the path its own time and
            lets children overlap by a hair (6.2).
        prune_async: Leave out consumers below producers: nobody waited for them.
        boundary: ``inclusive``, or ``strict`` to compare with tools that skip a child ending when the next one starts.

    Raises:
        UnknownEventError: There is no such span, or it has no start and end.
        ConfigurationError: There is no such method or boundary.
    """
    check_choice("method", method, get_args(CallMethod))
    check_choice("boundary", boundary, get_args(Boundary))
    intervals = intervals_of(graph)
    heads = np.flatnonzero(intervals.parent < 0)
    if not len(intervals):
        return _result(graph, intervals, None, [], len(heads))
    rank = text_rank(graph.column("key"))[intervals.node]
    tree = call_tree(intervals, _root(graph, intervals, heads, root, rank), rank, prune_async=prune_async)
    if method == "tolerant":
        return _result(graph, intervals, tree, tolerant_path(tree), len(heads))
    sections = path_sections(tree, boundary)
    found = _result(graph, intervals, tree, [(span, end - start) for span, start, end in sections], len(heads))
    return CallPath(found.root, found.roots, _section_frame(graph, intervals, sections), found.spans)


def _root(graph: CausalGraph, intervals: Intervals, heads: Ints, root: str | None, rank: Ints) -> int:
    if root is None:
        lengths = intervals.end[heads] - intervals.start[heads]
        return int(heads[np.lexsort((rank[heads], intervals.start[heads], -lengths))[0]])
    place = np.flatnonzero((intervals.node == find_events(graph, root)[0]) & ~intervals.server)
    if not len(place):
        raise UnknownEventError(f"Span {key_text(root)} has no start and end, so it has no path.", wanted=root)
    return int(place[0])


def _section_frame(graph: CausalGraph, intervals: Intervals, sections: list[tuple[int, int, int]]) -> pd.DataFrame:
    places = np.array([span for span, _, _ in sections], dtype=np.int64)
    start, end = (np.array([one[i] for one in sections], dtype=np.int64) for i in (1, 2))
    return pd.DataFrame(
        {
            "span": graph.column("key").take(pa.array(intervals.node[places])).to_pandas(),
            "side": _sides(intervals, places),
            "from_us": start,
            "to_us": end,
            "length_us": end - start,
        },
    )


def _result(
    graph: CausalGraph, intervals: Intervals, tree: CallTree | None, own: list[tuple[int, int]], roots: int
) -> CallPath:
    places, inverse, counts = np.unique(
        np.array([span for span, _ in own], dtype=np.int64), return_inverse=True, return_counts=True
    )
    on_path = np.zeros(len(places), dtype=np.int64)
    np.add.at(on_path, inverse, np.array([length for _, length in own], dtype=np.int64))
    node = intervals.node[places]
    served = intervals.server[places]
    source, peer = (graph.column(name).take(pa.array(node)).to_pandas() for name in ("source", "destination"))
    length = 0 if tree is None else tree.end[tree.root] - tree.start[tree.root]
    spans = pd.DataFrame(
        {
            "span": graph.column("key").take(pa.array(node)).to_pandas(),
            "event_type": graph.column("event_type").take(pa.array(node)).to_pandas(),
            "source": source.where(~served, peer),
            "side": _sides(intervals, places),
            "duration_us": intervals.end[places] - intervals.start[places],
            "self_us": self_times(intervals)[places],
            "on_path_us": on_path,
            "share": on_path / max(length, 1),
            "sections": counts,
        },
    )
    spans = spans.sort_values(["on_path_us", "span", "side"], ascending=[False, True, True], ignore_index=True)
    root = "" if tree is None else graph.keys(intervals.node[[tree.root]])[0]
    empty = pd.DataFrame({name: [] for name in ("span", "side", "from_us", "to_us", "length_us")})
    return CallPath(root, roots, empty, spans)


def _sides(intervals: Intervals, places: Ints) -> pd.Series[str]:
    """Say ``server`` for the inner interval of a span with two sides, ``client`` for the outer one, else nothing."""
    sided = np.isin(intervals.node[places], intervals.node[intervals.server])
    return pd.Series(np.select([intervals.server[places], sided], ["server", "client"], ""), dtype="str")
