"""Rewrites some records of one source, step by step; what cannot be rewritten stays as it is, with the reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.replay.record_positions import POSITION
from workbench.replay.rewriting.edits import edited, pairs_of
from workbench.replay.rewriting.fields import LOCKED, is_strict, touched
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.new_ids import Renamed, check_renamed, rename
from workbench.replay.rewriting.raw_batch import record_batch
from workbench.replay.rewriting.rewrites import EDIT, IDS, SCHEMA_ID, TRACE
from workbench.replay.rewriting.schema_ids import schema_id, with_schema_id
from workbench.replay.rewriting.trace_context import with_trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from workbench.model import HeaderList
    from workbench.replay.options import Options
    from workbench.replay.rewriting.id_map import IdMap
    from workbench.replay.rewriting.kept_edits import Edits
    from workbench.replay.rewriting.record_reader import RecordReader
    from workbench.replay.rewriting.rewrites import Rewrites

    State = tuple[bytes | None, HeaderList]
    """Value and headers of a record."""

TEXTS = ("original_event_id", "original_correlation_id", "boundary_cause", "original_traceparent")
"""Columns of what a rewritten record had before; its provenance headers carry it."""


@dataclass(frozen=True)
class Rules:
    """What all records of a plan are rewritten by."""

    options: Options
    run_id: str
    edits: Edits
    ids: IdMap


class RewrittenPart:
    """Some records of one source, rewritten.

    Args:
        batch: The selected records.
        reader: Reads them.
        rules: What is done to them.
    """

    def __init__(self, batch: pa.RecordBatch, reader: RecordReader, rules: Rules) -> None:
        self._batch, self._reader, self._rules = batch, reader, rules
        values = batch.column("value").to_pylist()
        headers = [pairs_of({"headers": one}) for one in batch.column("headers").to_pylist()]
        self._before: list[State] = list(zip(values, headers, strict=True))
        self._now = list(self._before)
        self._done = np.zeros(len(values), np.uint8)
        self._problems: dict[int, str] = {}
        self._renamed: dict[int, Renamed] = {}
        self._parents: dict[int, bytes] = {}
        self._locked: dict[int, list[str]] = {}
        self._added: dict[int, list[str]] = {}
        self._sensitive: dict[int, list[str]] = {}
        self._edit()
        if rules.options.ids == "new":
            self._rename()
        self._write_schema_ids()
        self._trace()
        for row in self._problems:
            self._now[row], self._done[row] = self._before[row], 0

    def columns(self) -> dict[str, tuple[list[Any], str]]:
        """Return the new values of columns of the plan, and how they are made an array."""
        found: dict[str, tuple[list[Any], str]] = {
            "value": ([value for value, _ in self._now], "values"),
            "headers": ([headers for _, headers in self._now], "headers"),
        }
        rows = range(len(self._now))
        if self._rules.options.ids == "new":
            renamed = [None if row in self._problems else self._renamed.get(row) for row in rows]
            names = {
                "original_event_id": "original_event_id",
                "original_correlation_id": "original_correlation_id",
                "boundary_cause": "detached",
                "new_event_id": "event_id",
            }
            for column, name in names.items():
                found[column] = [None if one is None else getattr(one, name) for one in renamed], "texts"
            if "correlation_id" in self._batch.schema.names:
                old = self._batch.column("correlation_id").to_pylist()
                new = [was if one is None else one.correlation_id for one, was in zip(renamed, old, strict=True)]
                found["correlation_id"] = new, "texts"
        if self._parents:
            parents = (None if row in self._problems else self._parents.get(row) for row in rows)
            found["original_traceparent"] = (
                [None if one is None else one.decode("utf-8", "replace") for one in parents],
                "texts",
            )
        return found

    def note(self, rewrites: Rewrites, rows: NDArray[np.int64]) -> None:
        """Note what was done.

        Args:
            rewrites: Where.
            rows: The numbers of the records in the plan.
        """
        rewrites.done[rows] = self._done
        for row, reason in self._problems.items():
            rewrites.problems.add(int(rows[row]), f"cannot be rewritten: {reason}")
        kept = {row: one for row, one in self._renamed.items() if row not in self._problems}
        rewrites.detached += sum(one.detached is not None for one in kept.values())
        for row, names in self._locked.items():
            rewrites.forbidden.add(int(rows[row]), f"has an edit of {', '.join(names)}")
        for row in self._added.keys() - self._locked.keys():
            added = f"has an edit that adds {', '.join(self._added[row])}, which its readers refuse"
            rewrites.forbidden.add(int(rows[row]), added)
        rewrites.sensitive.update(name for names in self._sensitive.values() for name in names)
        rewrites.sensitive_records += len(self._sensitive)

    def _edit(self) -> None:
        if not self._rules.edits.any:
            return
        found = self._rules.edits.found(self._batch.select(POSITION))
        for row, (patch, problem) in enumerate(zip(*(one.to_pylist() for one in found), strict=True)):
            if problem is not None:
                self._problems[row] = problem
            elif patch is not None:
                value, headers = self._before[row]
                try:
                    self._now[row] = edited(self._reader, value, headers, json.loads(patch))
                except NotRewritable as reason:
                    self._problems[row] = str(reason)
        changed = [row for row, now in enumerate(self._now) if now != self._before[row]]
        self._done[changed] |= EDIT
        if changed:
            self._look_at_fields(changed)

    def _look_at_fields(self, changed: Sequence[int]) -> None:
        """Find the locked and sensitive fields that edits change, and what they add to strict bodies."""
        events = [self._reader.events(record_batch([of[row] for row in changed])) for of in (self._before, self._now)]
        for name, differs in touched(*events).items():
            for at in np.flatnonzero(differs).tolist():
                listed = self._locked if name in LOCKED else self._sensitive
                listed.setdefault(changed[at], []).append(name)
        for row in self._strict(changed):
            (old_value, old_headers), (value, headers) = self._before[row], self._now[row]
            if value != old_value:
                old, new = self._reader.body(old_headers, old_value).tree, self._reader.body(headers, value).tree
                added = sorted(new.keys() - old.keys()) if isinstance(old, dict) and isinstance(new, dict) else []
                if added:
                    self._added[row] = added

    def _strict(self, rows: Sequence[int]) -> Iterator[int]:
        if "convention" in self._batch.schema.names:
            names = self._batch.column("convention").to_pylist()
            yield from (row for row in rows if is_strict(names[row]))

    def _rename(self) -> None:
        rows = [row for row in range(len(self._now)) if row not in self._problems]
        events = self._reader.events(record_batch([self._now[row] for row in rows]))
        first, others = events.column("convention").to_pylist(), events.column("also_matched").to_pylist()
        for row, convention, also_matched in zip(rows, first, others, strict=True):
            value, headers = self._now[row]
            matched = frozenset() if convention is None else frozenset((convention, *also_matched))
            try:
                done = rename(
                    self._reader,
                    headers,
                    value,
                    self._rules.ids,
                    also=self._rules.options.also,
                    matched=matched,
                )
            except NotRewritable as reason:
                self._problems[row] = str(reason)
                continue
            self._renamed[row] = done
            self._now[row] = done.value, done.headers
            self._done[row] |= IDS
        wrong = check_renamed(self._reader, list(self._renamed.values()))
        self._problems |= {row: reason for row, reason in zip(self._renamed, wrong, strict=True) if reason is not None}

    def _write_schema_ids(self) -> None:
        numbers = self._rules.options.schema_ids
        if not isinstance(numbers, tuple):
            return
        known = dict(numbers)
        for row, (value, headers) in enumerate(self._now):
            if row not in self._problems and schema_id(value) is not None:
                try:
                    self._now[row] = with_schema_id(value, known), headers
                except NotRewritable as reason:
                    self._problems[row] = str(reason)
                else:
                    self._done[row] |= SCHEMA_ID

    def _trace(self) -> None:
        policy: Any = self._rules.options.trace_policy
        if policy == "keep":
            return
        for row, (value, headers) in enumerate(self._now):
            traced, parent = with_trace(headers, policy, self._rules.run_id)
            if traced != headers:
                self._now[row] = value, traced
                self._done[row] |= TRACE
            if parent is not None:
                self._parents[row] = parent
