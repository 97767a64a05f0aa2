"""Writes the overview of a snapshot, one row for each captured topic, as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.text import counted, element, listing, number_text, output_html, table, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

_SHOWN = 20
_TITLES = ("topic", "partitions", "records", "no envelope", "raw", "damaged", "missing", "compacted", "state")
_NUMERIC = (1, 2, 3, 4, 5, 6, 7)
_UNKNOWN = "?"
"""Stands for counts in a file of an earlier version, until its records are decoded again."""


def overview_text(heading: str, ranges: pa.Table, notes: Sequence[str] = ()) -> str:
    """Write the overview as plain text.

    Args:
        heading: The first line.
        ranges: The captured ranges, as `SnapshotStore.ranges_table` returns them.
        notes: The last lines; see `workbench.store.snapshot.notes.snapshot_notes`.
    """
    rows = _rows(ranges)
    shown = text_table(_TITLES, rows[:_SHOWN], numeric=_NUMERIC)
    more = [f"{counted(len(rows) - _SHOWN, 'more topic')}"] if len(rows) > _SHOWN else []
    return "\n".join([heading, shown if rows else "nothing captured yet", *more, *notes])


def overview_html(heading: str, ranges: pa.Table, notes: Sequence[str] = ()) -> str:
    """Write the overview as escaped HTML; see `overview_text`."""
    rows = _rows(ranges)
    return output_html(
        element("h4", heading),
        table(_TITLES, rows[:_SHOWN], numeric=_NUMERIC),
        element("p", counted(len(rows), "topic") if rows else "nothing captured yet"),
        listing(notes) if notes else None,
    )


def _rows(ranges: pa.Table) -> list[tuple[str, ...]]:
    by_source: dict[int, list[dict[str, Any]]] = {}
    for row in ranges.to_pylist():
        by_source.setdefault(row["source_id"], []).append(row)
    return [
        (
            visible(rows[0]["topic"], 80),
            str(len({row["partition"] for row in rows})),
            number_text(sum(row["records"] for row in rows)),
            *(_total(row[name] for row in rows) for name in ("without_envelope", "raw", "damaged")),
            number_text(sum(row["missing"] for row in rows)),
            number_text(sum(row["compacted"] for row in rows)),
            ", ".join(sorted({_state(row) for row in rows})),
        )
        for rows in by_source.values()
    ]


def _total(counts: Iterable[int | None]) -> str:
    known = list(counts)
    return _UNKNOWN if None in known else number_text(sum(count or 0 for count in known))


def _state(row: Mapping[str, Any]) -> str:
    reason = f" ({visible(row['reason'], 60)})" if row["reason"] and row["state"] != "complete" else ""
    return f"{row['state']}{reason}"
