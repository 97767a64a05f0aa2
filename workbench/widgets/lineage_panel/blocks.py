"""Blocks of the lineage panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import counted, number_text, partition_text, visible_bytes
from workbench.widgets.sheet.blocks import lines_block, table_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.model.lineage import Bytes, LineageFeed, LineageOutput, LineagePage, LineageRow
    from workbench.widgets.sheet.blocks import Block

_CHARACTERS = 120
_TITLES = ("offset", "key", "value", "headers", "outcome", "written to", "key", "value", "headers")
_LOG_LINES = 100
_UNMATCHED = ("difference", "partition", "offset", "key", "value")


def page_block(topic: str, partition: int, page: LineagePage, *, compared: bool) -> Block:
    """Make a table with a row for each output, and for each source record without one."""
    columns = (*_TITLES, *(("in the view at",) if compared else ()))
    rows = [row if compared else row[:-1] for record in page.rows for row in _rows(record, compared=compared)]
    return table_block(
        f"Source {partition_text(topic, partition)}, and what was made of it", columns, rows, max(len(rows), 1)
    )


def _rows(record: LineageRow, *, compared: bool) -> Iterator[tuple[str, ...]]:
    source = (number_text(record.offset), _shown(record.key), _shown(record.value), number_text(record.headers))
    if not record.outputs:
        why = f"failed: {record.failure}" if record.failure is not None else "no output" if record.read else "not read"
        yield (*source, why, "", "", "", "", "")
        return
    for number, output in enumerate(record.outputs):
        yield (*(source if number == 0 else ("", "", "", "")), *_output(output, number, compared=compared))


def _output(output: LineageOutput, number: int, *, compared: bool) -> tuple[str, ...]:
    what = "changed" if output.changed else "unchanged"
    found = "missing" if output.missing else "" if output.found is None else number_text(output.found)
    return (
        what if number == 0 else f"{what}, output {number + 1}",
        output.topic,
        _shown(output.key),
        _shown(output.value),
        number_text(output.headers),
        found if compared else "",
    )


def unmatched_block(records: Sequence[tuple[str, int, int, Bytes, Bytes]]) -> Block:
    """Make a table of the records of a captured view that no output is."""
    rows = [
        (difference, str(partition), number_text(offset), _shown(key), _shown(value))
        for difference, partition, offset, key, value in records
    ]
    return table_block("Records of the view that no source record leads to", _UNMATCHED, rows, 50)


def log_block(feed: LineageFeed, *, warnings: bool) -> Block:
    """Make a list of the newest lines of the log."""
    lines = [line for line in feed.lines if line.level == "warn" or not warnings]
    dropped = f", {counted(feed.dropped_lines, 'earlier line')} not kept" if feed.dropped_lines else ""
    title = f"Log: the last {number_text(min(len(lines), _LOG_LINES))} of {counted(len(lines), 'line')}{dropped}"
    shown = [f"{line.where} {line.level}: {line.text}" for line in lines[-_LOG_LINES:]]
    return lines_block(title if lines else f"Log: no lines{dropped}", shown)


def _shown(data: Bytes) -> str:
    text = visible_bytes(data.head, _CHARACTERS)
    if data.head is None or data.size is None or len(data.head) == data.size or "… (" not in text:
        return text
    # The text counts the bytes of its begin; the record has more.
    return f"{text.rsplit('… (', 1)[0]}… ({counted(data.size, 'byte')})"
