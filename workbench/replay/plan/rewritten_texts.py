"""Describes what a plan rewrites: record by record, as counts, and as differences of the first bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.replay.records.raw_rows import RawRows
from workbench.replay.rewriting.edits import Change
from workbench.replay.rewriting.record_reader import reader_of
from workbench.replay.rewriting.rewrites import EDIT, IDS, SCHEMA_ID, TRACE
from workbench.text import counted, number_text, position_text, visible

if TYPE_CHECKING:
    from workbench.replay.records.replay_records import ReplayRecords

_SHOWN = 3
_LINE_CHARACTERS = 200
_LINES = 40
"""Lines of one difference that are shown."""


def rewriting_summary(records: ReplayRecords) -> str:
    """Return how many records are rewritten, and by what; empty where none is."""
    rewrites = records.rewritten.rewrites
    edits, renamed, schema_ids, traces = (rewrites.count(kind) for kind in (EDIT, IDS, SCHEMA_ID, TRACE))
    counts = [
        (f"{counted(edits, 'edit')}", edits),
        (f"new ids in {number_text(renamed)}", renamed),
        (f"{counted(rewrites.detached, 'cause')} outside the selection detached", rewrites.detached),
        (f"schema ids in {number_text(schema_ids)}", schema_ids),
        (f"trace context in {number_text(traces)}", traces),
        (f"headers removed: {', '.join(rewrites.removed_headers)}", rewrites.removed_headers),
    ]
    return "; ".join(text for text, found in counts if found)


def diffs(records: ReplayRecords) -> tuple[tuple[str, str], ...]:
    """Return position and difference of the first bodies that are rewritten, edited ones first."""
    rewrites = records.rewritten.rewrites
    is_edit = (rewrites.done & EDIT) > 0
    others = (rewrites.done > 0) & ~is_edit
    rows = [int(row) for which in (is_edit, others) for row in np.flatnonzero(which)[:_SHOWN]]
    found = []
    for row in rows[:_SHOWN]:
        at = position_text(*(records.table[name][row].as_py() for name in ("topic", "partition", "offset")))
        source, topic = (records.table[name][row].as_py() for name in ("source_id", "topic"))
        headers = RawRows(records.table.slice(row, 1)).headers(0)
        before = records.table["value"][row].as_py(), headers
        after = records.rows.values[row], records.rows.headers(row)
        change = Change.of(at, reader_of(records.readers, source, topic), before, after)
        lines = [visible(line, _LINE_CHARACTERS) for line in change.diff.splitlines()]
        more = [f"… {number_text(len(lines) - _LINES)} more lines"] if len(lines) > _LINES else []
        if lines:
            found.append((at, "\n".join([*lines[:_LINES], *more])))
    return tuple(found)
