"""Defines the diff of two traces or of two sets of traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from workbench.model.causation import SELECTED_LIMIT
from workbench.text import counted, json_visible, visible
from workbench.tracing.answers import SHOWN, Answer, rest_text
from workbench.tracing.cases import cases_by_correlation, one_case
from workbench.tracing.choices import check_choice, listed
from workbench.tracing.diff.keys import KeyTable, LabelField, event_keys
from workbench.tracing.diff.lines import key_chart, key_lines
from workbench.tracing.diff.payloads import PathChange, compare_payloads
from workbench.tracing.drawing.drawn import Drawn, PictureViews
from workbench.tracing.drawing.pictures.difference import diff_picture
from workbench.tracing.graph.times import hops
from workbench.tracing.records import values_of
from workbench.tracing.selection import positions_of

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    from workbench.model.causation import EventPosition, Picture
    from workbench.tracing.cases import Cases
    from workbench.tracing.diff.keys import Step
    from workbench.tracing.drawing.drawn import Viewer
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.records import RecordReader

LEAST_N = 20
"""Hops on each side from which on a difference of the medians of sets counts."""
PAIR_LIMIT = 10_000
"""Pairs of events whose payloads are compared."""

_KEY_LIMIT = 60


@dataclass(frozen=True, eq=False)
class TraceSet:
    """One side of a diff."""

    graph: CausalGraph
    single: bool
    """The whole graph is one trace; else each correlation is one."""
    name: str
    records: RecordReader | None = None
    """Reads values; without it no payloads are compared."""

    def cases(self) -> Cases:
        """Return the traces of this side."""
        return one_case(self.graph) if self.single else cases_by_correlation(self.graph)


@dataclass(frozen=True, eq=False, slots=True)
class ComparedEvents:
    """The events of one side, each with the row of its key in the frame of the diff, -1 outside every trace."""

    graph: CausalGraph
    row: Ints

    def of_row(self, row: int) -> Ints:
        """Return the events of one row."""
        return np.flatnonzero(self.row == row)


@dataclass(frozen=True, eq=False, repr=False)
class TraceDiff(Answer, Drawn):
    """How two traces, or two sets of traces, differ."""

    title = "Difference"

    frame: pd.DataFrame
    """key, a, b (mean number per trace), status, change, hop_a_us, hop_b_us, delta_us (of the medians), n_a, n_b
    (hops), slower_or_faster (the difference counts: n ≥ 20 on both sides, or two single traces)."""
    payload: pd.DataFrame
    """key, path, added, removed, changed (numbers of pairs), example_a, example_b."""
    keys: tuple[tuple[Step, ...], ...]
    """The structured key of each row of the frame: types may contain the characters of its text."""
    traces: tuple[int, int]
    names: tuple[str, str]
    compared: str
    """Says how many pairs of payloads were compared, or why none."""
    sides: tuple[ComparedEvents, ...]
    viewer: Viewer | None = None

    def views(self) -> PictureViews:
        """Return what `show` and `svg` draw."""

        def picture(opened: Collection[str]) -> Picture:
            return diff_picture(
                self.frame, self.payload, self.keys, self.names, self.traces, opened=opened, positions=self._positions
            )

        return PictureViews(picture, self.frame["key"].to_list())

    def _positions(self, row: int) -> tuple[EventPosition, ...]:
        found = (positions_of(side.graph, side.of_row(row)[:SELECTED_LIMIT]) for side in self.sides)
        return tuple(dict.fromkeys(place for places in found for place in places))

    def events(self, keys: Collection[str] | None = None) -> pd.DataFrame:
        """Return the events behind rows: key, side (a or b), event, source_id, topic, partition, offset.

        Their positions go into a replay, a tail or a search: ``snap.replay(diff.events().query("side == 'b'"))``.

        Args:
            keys: Keys of the frame; by default those that differ in their number or their time.
        """
        differs = (self.frame["status"] != "same") | self.frame["slower_or_faster"]
        wanted = (differs if keys is None else self.frame["key"].isin(listed(keys))).to_numpy(dtype=np.bool_)
        tables = []
        for name, side in zip("ab", self.sides, strict=True):
            nodes = np.flatnonzero(np.append(wanted, False)[side.row])
            place = side.graph.rows(["source_id", "topic", "partition", "offset"], nodes).to_pandas()
            place.insert(0, "event", side.graph.some("key", nodes).to_pandas())
            place.insert(0, "side", pd.Series([name] * len(nodes), dtype="str"))
            place.insert(0, "key", self.frame["key"].take(side.row[nodes]).reset_index(drop=True))
            tables.append(place)
        events: pd.DataFrame = pd.concat(tables, ignore_index=True)
        return events

    def mermaid(self) -> str:
        """Write the keys that differ as a Mermaid flow chart, each below what led to it; never payload."""
        return key_chart(self.frame, self.keys)

    @property
    def same(self) -> bool:
        """Whether both sides have the same structure."""
        return bool((self.frame["status"] == "same").all())

    def text(self) -> str:
        """Write the keys that differ as a tree, then what differs in payloads."""
        names = [visible(name, 60) for name in self.names]
        sizes = [counted(number, "trace") for number in self.traces]
        same = int((self.frame["status"] == "same").sum())
        sides = f"a {names[0]} ({sizes[0]}), b {names[1]} ({sizes[1]})"
        lines = [f"diff: {sides}: {same} of {counted(len(self.frame), 'key')} the same"]
        for name, side in zip("ab", self.sides, strict=True):
            if outside := int((side.row < 0).sum()):
                lines.append(f"  {name}: {counted(outside, 'event')} without a correlation id left out")
        lines += key_lines(self.frame, self.keys)
        lines.append(f"  payloads: {self.compared}")
        for key, rows in self.payload.head(SHOWN).groupby("key", sort=False):
            lines.append(f"    {_last_steps(str(key))}")
            lines += [f"      {_change_text(row)}" for row in rows.to_dict("records")]
        lines += rest_text(len(self.payload), "changed path", data=".payload")
        return "\n".join(lines)


def trace_diff(
    a: TraceSet, b: TraceSet, *, label: Sequence[LabelField] = ("event_type",), ignore: Collection[str] = ()
) -> TraceDiff:
    """Compare two sides.

    Args:
        a: The side to compare with, such as the good run.
        b: The other side.
        label: What makes the label of an event: ``("source", "event_type")`` is usual for spans.
        ignore: Paths of payloads that are not compared.

    Raises:
        ConfigurationError: An event has no such label.
    """
    fields = [check_choice("label", name, get_args(LabelField)) for name in listed(label)]
    table = KeyTable()
    sides = [_Side(one, table, fields) for one in (a, b)]
    for side in sides:
        side.measure(len(table))
    frame = _frame(table, *sides, single=a.single and b.single)
    payload, compared = _payloads(table, *sides, ignore=listed(ignore))
    order = frame["number"].to_list()
    keys = tuple(table.steps(number) for number in order)
    traces = (sides[0].traces, sides[1].traces)
    row = np.full(len(table) + 1, -1)
    row[order] = np.arange(len(order))
    compared_events = tuple(ComparedEvents(side.given.graph, row[side.key]) for side in sides)
    return TraceDiff(frame.drop(columns="number"), payload, keys, traces, (a.name, b.name), compared, compared_events)


class _Side:
    def __init__(self, given: TraceSet, table: KeyTable, label: Sequence[str]) -> None:
        self.given = given
        self.cases = given.cases()
        self.key = event_keys(given.graph, self.cases, table, label)
        self.traces = len(np.unique(self.cases.case[self.cases.case >= 0]))
        self.count: Ints = np.zeros(0, dtype=np.int64)
        self.hop: pd.Series[float] = pd.Series(dtype=np.float64)
        self.hops: pd.Series[int] = pd.Series(dtype=np.int64)

    def measure(self, keys: int) -> None:
        """Count the events and the hops of each key."""
        inside = np.flatnonzero(self.key >= 0)
        self.count = np.bincount(self.key[inside], minlength=keys)
        effect = inside[self.cases.binding[inside] >= 0]
        between, timed = hops(self.given.graph.time, self.cases.binding[effect], effect)
        grouped = pd.Series(between[timed]).groupby(self.key[effect][timed])
        self.hop, self.hops = grouped.median(), grouped.size()

    def mean(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the mean number of events of each key per trace."""
        return self.count / max(self.traces, 1)


def _frame(table: KeyTable, a: _Side, b: _Side, *, single: bool) -> pd.DataFrame:
    number = np.arange(len(table))
    mean_a, mean_b = a.mean(), b.mean()
    status = np.select(
        [mean_a == 0, mean_b == 0, mean_b > mean_a, mean_b < mean_a], ["added", "removed", "more", "less"], "same"
    ).astype(object)
    for one in number.tolist():
        other = table.other_leaf(one)
        if other is not None and status[one] == "removed" and status[other] == "added":
            became = "became_leaf" if table.steps(other)[-1].leaf else "became_inner"
            status[one] = status[other] = became
    frame = pd.DataFrame(
        {
            "number": number,
            "key": ["/".join(step.text() for step in table.steps(one)) for one in number.tolist()],
            "a": mean_a,
            "b": mean_b,
            "status": status,
            "change": (mean_b - mean_a) / np.maximum(np.maximum(mean_a, mean_b), 1e-300),
            "hop_a_us": a.hop.reindex(number).to_numpy(),
            "hop_b_us": b.hop.reindex(number).to_numpy(),
        },
    )
    frame["delta_us"] = frame["hop_b_us"] - frame["hop_a_us"]
    frame["n_a"], frame["n_b"] = (side.hops.reindex(number, fill_value=0).to_numpy() for side in (a, b))
    enough = (frame["n_a"] >= LEAST_N) & (frame["n_b"] >= LEAST_N)
    frame["slower_or_faster"] = (frame["delta_us"].fillna(0) != 0) & (enough | single)
    return frame.sort_values(["key", "number"], ignore_index=True)


def _payloads(table: KeyTable, a: _Side, b: _Side, *, ignore: Collection[str]) -> tuple[pd.DataFrame, str]:
    """Pair the events of keys that both sides have equally often, in the order (t, id), and compare their values."""
    columns = ["key", "path", "added", "removed", "changed", "example_a", "example_b"]
    readers = [side.given.records for side in (a, b) if side.given.records is not None]
    if len(readers) < 2:  # noqa: PLR2004 - a and b
        return pd.DataFrame([], columns=columns), "not compared, there are no values"
    equal = (a.count == b.count) & (a.count > 0)
    nodes = [_ordered(side.key, equal) for side in (a, b)]
    total = len(nodes[0])
    nodes = [one[:PAIR_LIMIT] for one in nodes]
    values = [
        values_of(side.given.graph, one, reader) for side, one, reader in zip((a, b), nodes, readers, strict=True)
    ]
    ids = [_ids(side.given.graph, one) for side, one in zip((a, b), nodes, strict=True)]
    changes: dict[tuple[int, str], PathChange] = {}
    for key, one, two, known_one, known_two in zip(a.key[nodes[0]].tolist(), *values, *ids, strict=True):
        for path, kind, left, right in compare_payloads(one, two, known_ids=known_one | known_two, ignore=ignore):
            change = changes.setdefault((key, path), PathChange())
            change.counts[kind] = change.counts.get(kind, 0) + 1
            change.example = change.example or (left, right)
    rows = [
        {"key": "/".join(step.text() for step in table.steps(key)), "path": path,
         **{kind: change.counts.get(kind, 0) for kind in ("added", "removed", "changed")},
         **dict(zip(("example_a", "example_b"), change.example or (None, None), strict=True))}
        for (key, path), change in changes.items()
    ]  # fmt: skip
    cut = f", the first of {counted(total, 'pair')}" if total > PAIR_LIMIT else ""
    # Kept as objects: a column of 5 and of nothing would become 5.0 and NaN.
    frame = pd.DataFrame(rows, columns=columns, dtype=object).sort_values(["key", "path"], ignore_index=True)
    return frame, f"{counted(len(nodes[0]), 'pair')} compared{cut}, without ids and times"


def _ordered(key: Ints, chosen: Flags) -> Ints:
    """Return the events with some keys by key; events are numbered by (t, id), which a stable sort keeps."""
    nodes = np.flatnonzero(key >= 0)
    nodes = nodes[chosen[key[nodes]]]
    return nodes[np.argsort(key[nodes], kind="stable")]


def _ids(graph: CausalGraph, nodes: Ints) -> list[frozenset[str]]:
    names = ["event_id", "correlation_id", "trace_id"]
    rows = graph.rows(names, nodes).to_pylist()
    primary = graph.structure.primary[nodes]
    causes = graph.column("event_id").take(pa.array(primary, mask=primary < 0)).to_pylist()
    return [
        frozenset(value for value in (*row.values(), cause) if value is not None)
        for row, cause in zip(rows, causes, strict=True)
    ]


def _last_steps(key: str) -> str:
    """Write the end of a key, which says more than its beginning."""
    return visible(key if len(key) <= _KEY_LIMIT else "…/" + "/".join(key.split("/")[-2:]), _KEY_LIMIT)


def _change_text(row: Mapping[Hashable, Any]) -> str:
    what = ", ".join(f"{name} {row[name]}" for name in ("added", "removed", "changed") if row[name])
    return f"{visible(row['path'], 60)} {what}: {_value_text(row['example_a'])} → {_value_text(row['example_b'])}"


def _value_text(value: Any) -> str:
    return "absent" if value is None else visible(json_visible(orjson.dumps(value, default=str).decode()), 60)
