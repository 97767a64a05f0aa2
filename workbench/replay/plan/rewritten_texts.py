"""Describes what a plan rewrites: record by record, as counts, and as differences of the first bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.replay.rewriting.edits import Change
from workbench.replay.rewriting.record_reader import reader_of
from workbench.text import counted, number_text, position_text, visible

if TYPE_CHECKING:
    from workbench.replay.records.replay_records import ReplayRecords

_SHOWN = 3
_LINE_CHARACTERS = 200
_LINES = 40
"""Lines of one difference that are shown."""


def rewritten_texts(records: ReplayRecords) -> dict[int, str]:
    """Return what is rewritten in each record that is, by seq: ``edit``, ``ids``, ``schema id``, ``trace``."""
    rewrites = records.rewritten.rewrites
    kinds = (
        ("edit", rewrites.edits),
        ("ids", rewrites.renamed),
        ("schema id", rewrites.schema_ids),
        ("trace", rewrites.traces),
    )
    return {row: ", ".join(name for name, rows in kinds if row in rows) for row in rewrites.rows}


def rewriting_summary(records: ReplayRecords) -> str:
    """Return how many records are rewritten, and by what; empty where none is."""
    rewrites = records.rewritten.rewrites
    counts = [
        (f"{counted(len(rewrites.edits), 'edit')}", rewrites.edits),
        (f"new ids in {number_text(len(rewrites.renamed))}", rewrites.renamed),
        (f"{counted(len(rewrites.detached), 'cause')} outside the selection detached", rewrites.detached),
        (f"schema ids in {number_text(len(rewrites.schema_ids))}", rewrites.schema_ids),
        (f"trace context in {number_text(len(rewrites.traces))}", rewrites.traces),
        (f"headers removed: {', '.join(rewrites.removed_headers)}", rewrites.removed_headers),
    ]
    return "; ".join(text for text, found in counts if found)


def diffs(records: ReplayRecords) -> tuple[tuple[str, str], ...]:
    """Return position and difference of the first bodies that are rewritten, edited ones first."""
    rewrites = records.rewritten.rewrites
    rows = [*sorted(rewrites.edits), *(row for row in rewrites.rows if row not in rewrites.edits)]
    found = []
    for row in rows[:_SHOWN]:
        at = position_text(*(records.table[name][row].as_py() for name in ("topic", "partition", "offset")))
        source, topic = (records.table[name][row].as_py() for name in ("source_id", "topic"))
        headers = tuple((one["name"], one["value"]) for one in records.table["headers"][row].as_py())
        before = records.table["value"][row].as_py(), headers
        after = records.rows.values[row], records.rows.headers(row)
        change = Change.of(at, reader_of(records.readers, source, topic), before, after)
        lines = [visible(line, _LINE_CHARACTERS) for line in change.diff.splitlines()]
        more = [f"… {number_text(len(lines) - _LINES)} more lines"] if len(lines) > _LINES else []
        if lines:
            found.append((at, "\n".join([*lines[:_LINES], *more])))
    return tuple(found)
