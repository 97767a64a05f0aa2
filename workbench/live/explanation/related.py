"""Writes the condition that finds the records related to one: by correlation, by trace, by the ids it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

MOST_IDS = 500
"""Ids of one condition."""


class RelatedIds:
    """The ids of the records found so far, and those that are still to be looked for.

    Args:
        row: The record that is explained, as a row of `workbench.live.search.columns.SEARCHED`.
    """

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row
        self._asked: set[str] = set()
        self._wanted = set(_ids_of(row))
        self.cut = False

    @property
    def any(self) -> bool:
        """Whether the record names anything by which others can be found."""
        return bool(self._wanted or self._asked or self._row["correlation_id"] or _trace_id(self._row))

    def condition(self) -> str | None:
        """Return the condition of the next search, in SQL; None where nothing new is to be looked for."""
        if self._asked and self._wanted <= self._asked:
            return None
        self._asked |= self._wanted
        names = sorted(self._asked)
        self.cut = self.cut or len(names) > MOST_IDS
        row = self._row
        parts = [f'(topic = {_text(row["topic"])} AND "partition" = {row["partition"]} AND "offset" = {row["offset"]})']
        if row["correlation_id"]:
            parts.append(f"correlation_id = {_text(row['correlation_id'])}")
        if trace := _trace_id(row):
            parts.append(f"trace.trace_id = {_text(trace)}")
        if names:
            listed = ", ".join(_text(name) for name in names[:MOST_IDS])
            parts.append(f"event_id IN ({listed})")
            parts.append(f"list_has_any(list_transform(causes, lambda one: one.value), [{listed}])")
        return " OR ".join(parts)

    def learn(self, found: pa.Table) -> None:
        """Take up the ids of records that a search found."""
        for row in found.select(["event_id", "causes"]).to_pylist():
            self._wanted.update(_ids_of(row))


def _ids_of(row: Mapping[str, Any]) -> Iterable[str]:
    if row["event_id"]:
        yield row["event_id"]
    for cause in row["causes"] or ():
        if cause["value"]:
            yield cause["value"]


def _trace_id(row: Mapping[str, Any]) -> str | None:
    return None if row["trace"] is None else row["trace"]["trace_id"]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
