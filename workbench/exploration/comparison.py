"""The result of comparing two snapshots."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.store.snapshot.frames import to_pandas
from workbench.text import (
    counted,
    counts_text,
    element,
    listing,
    number_text,
    output_html,
    position_text,
    table,
    text_table,
    visible,
    visible_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd
    import pyarrow as pa

    from workbench.text import Node

KEPT_KEYS = 10_000
"""Keys that are listed; all are counted."""
_SHOWN = 10
_CELL = 50
_TOPIC_TITLES = ("topic", "records a", "records b", "new", "missing", "changed", "same", "without key a", "b")
_TYPE_TITLES = ("topic", "event type", "share a", "share b", "change")
_FIELD_TITLES = ("topic", "field", "difference", "a", "b")
_KEY_TITLES = ("topic", "key", "difference", "newest in a", "newest in b")
_LEAST_CHANGE = 0.005
_DIFFERENCES = ("new", "missing", "changed")


class SnapshotComparison:
    """How a snapshot ``b`` differs from a snapshot ``a``, topic by topic.

    A key is ``new`` where only ``b`` has it, ``missing`` where only ``a`` has it, and ``changed`` where its newest
    values differ in bytes. What lies outside of the captured windows is unknown: a key is missing in a snapshot,
    perhaps not on the cluster.

    Args:
        names: Names of the two files.
        topics: One row for each topic: counts of records and keys.
        keys: Keys that differ, the first 10,000.
        types: Event types with their counts and shares.
        fields: Fields of payloads and headers that came, went, or changed in type or in their share of nulls, of the
            newest records of each topic; and topics whose values name other schemas of a registry.
        ranges: The captured ranges of both.
    """

    def __init__(
        self,
        names: tuple[str, str],
        topics: Sequence[dict[str, Any]],
        *,
        keys: pa.Table,
        types: pa.Table,
        fields: Sequence[dict[str, Any]],
        ranges: tuple[pa.Table, pa.Table],
    ) -> None:
        self._names = names
        self._topics = list(topics)
        self._keys = keys
        self._types = types
        self._fields = list(fields)
        self._ranges = ranges

    @property
    def same(self) -> bool:
        """Whether no key is new, missing or changed, and no field differs."""
        return not self._fields and not any(row[name] for row in self._topics for name in _DIFFERENCES)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each key that differs, with its newest positions; ``.attrs["provenance"]`` has both windows."""
        frame = to_pandas(self._keys)
        frame.attrs["provenance"] = {side: one.to_pylist() for side, one in zip("ab", self._ranges, strict=True)}
        frame.attrs["truncated"] = self._keys.num_rows < self._count("new", "missing", "changed")
        return frame

    @cached_property
    def topics(self) -> pd.DataFrame:
        """One row for each topic: records, records without a key, tombstones, keys new, missing, changed and same."""
        import pandas as pd

        return pd.DataFrame(self._topics)

    @cached_property
    def types(self) -> pd.DataFrame:
        """One row for each topic and event type: records and shares in both, largest change first."""
        return to_pandas(self._types)

    @cached_property
    def fields(self) -> pd.DataFrame:
        """One row for each field of payload or headers that differs: new, gone, other type, other share of nulls.

        And one for each topic whose values name other schemas of a registry.
        """
        import pandas as pd

        return pd.DataFrame(self._fields, columns=["topic", "field", "difference", "a", "b"])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield topics, types, fields and keys as plain values; ``kind`` says which."""
        found = {"topic": self._topics, "type": self._types.to_pylist(), "field": self._fields}
        for kind, rows in (*found.items(), ("key", self._keys.to_pylist())):
            yield from ({"kind": kind, **row} for row in rows)

    def __repr__(self) -> str:
        return self.text()

    def text(self, write_table: Callable[..., str] = text_table) -> str:
        """Write all of it as text; ``write_table`` is called as `workbench.text.text_table` is."""
        parts = [self._title(), write_table(_TOPIC_TITLES, self._topic_rows(), numeric=range(1, len(_TOPIC_TITLES)))]
        for title, titles, rows in self._sections():
            if rows:
                parts += ["", title, write_table(titles, rows)]
        return "\n".join([*parts, *self._remarks()])

    def _repr_html_(self) -> str:
        nodes: list[Node] = [element("h4", self._title())]
        nodes.append(table(_TOPIC_TITLES, self._topic_rows(), numeric=range(1, len(_TOPIC_TITLES))))
        nodes += [table(titles, rows, caption=title) for title, titles, rows in self._sections() if rows]
        return output_html(*nodes, listing(self._remarks()))

    def _title(self) -> str:
        before, after = (visible(name, 80) for name in self._names)
        counts = {name: self._count(name) for name in _DIFFERENCES}
        return f"{before} (a) and {after} (b): keys {counts_text(counts) or 'the same'}"

    def _count(self, *differences: str) -> int:
        return sum(int(row[name]) for row in self._topics for name in differences)

    def _topic_rows(self) -> list[tuple[str, ...]]:
        names = ("records_a", "records_b", *_DIFFERENCES, "same", "keyless_a", "keyless_b")
        return [(visible(row["topic"], _CELL), *(number_text(row[name]) for name in names)) for row in self._topics]

    def _sections(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        return [
            ("Shares of event types", _TYPE_TITLES, self._type_rows()),
            ("Fields of payload and headers", _FIELD_TITLES, self._field_rows()),
            ("Keys", _KEY_TITLES, self._key_rows()),
        ]

    def _type_rows(self) -> list[tuple[str, ...]]:
        changed = [row for row in self._types.to_pylist() if abs(row["change"]) >= _LEAST_CHANGE]
        return [
            (
                visible(row["topic"], _CELL),
                "(none)" if row["event_type"] is None else visible(row["event_type"], _CELL),
                *("" if share is None else f"{share:.1%}" for share in (row["share_a"], row["share_b"])),
                f"{row['change']:+.1%}",
            )
            for row in changed[:_SHOWN]
        ]

    def _field_rows(self) -> list[tuple[str, ...]]:
        return [tuple(visible(str(value or ""), _CELL) for value in row.values()) for row in self._fields[: 2 * _SHOWN]]

    def _key_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(row["topic"], _CELL),
                visible_bytes(row["key"], _CELL),
                row["difference"],
                *(_place(row["topic"], row[f"partition_{side}"], row[f"offset_{side}"]) for side in "ab"),
            )
            for row in self._keys.slice(0, _SHOWN).to_pylist()
        ]

    def _remarks(self) -> list[str]:
        remarks = []
        more = self._count(*_DIFFERENCES) - _SHOWN
        if more > 0:
            listed = "in .frame" if self._keys.num_rows < KEPT_KEYS else f"the first {number_text(KEPT_KEYS)} in .frame"
            remarks.append(f"{counted(more, 'more key')} that differ, {listed}")
        if len(self._fields) > 2 * _SHOWN:
            remarks.append(f"{counted(len(self._fields) - 2 * _SHOWN, 'more field')} in .fields")
        remarks.append("fields are those of the newest records of each topic; what was not captured is unknown")
        return remarks


def _place(topic: str, partition: int | None, offset: int | None) -> str:
    return "" if partition is None or offset is None else position_text(topic, partition, offset, limit=_CELL)
