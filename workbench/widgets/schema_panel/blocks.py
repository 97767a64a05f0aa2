"""Blocks of the schema panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import counted, number_text, partition_text, time_text
from workbench.widgets.sheet.blocks import facts_block, lines_block, table_block
from workbench.widgets.sheet.difference import difference_block
from workbench.widgets.sheet.ranges import ranges_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.schema_feed import SchemaFeed, SubjectLook, SubjectRow, UsageRow
    from workbench.widgets.sheet.blocks import Block

_SUBJECTS = ("subject", "latest", "id", "type", "schema")
_VERSIONS = ("version", "id", "type", "schema", "characters", "references", "named by")
_USAGE = ("topic", "partition", "id", "schema", "records", "first offset", "last offset", "since (UTC)")
_MOST_SUBJECTS = 50


def subject_blocks(feed: SchemaFeed, look: SubjectLook | None) -> list[Block]:
    """Make the blocks about a subject, then those about all of them."""
    blocks: list[Block] = []
    if look is not None:
        usage = None if feed.usage is None else [row for row in feed.usage if row.cluster_id == look.cluster_id]
        blocks = [*_look_blocks(look, usage), *([] if usage is None else _usage_blocks(usage, look))]
    if feed.usage is None:
        text = "Give a snapshot to see which records name which schema, and since which offset."
        blocks.append(lines_block("Records", [text]))
    return [*blocks, _subjects_block(feed.subjects)]


def _look_blocks(look: SubjectLook, usage: Sequence[UsageRow] | None) -> list[Block]:
    rows = [
        (
            str(one.version),
            str(one.schema_id),
            one.type,
            one.name or "",
            number_text(one.characters),
            number_text(one.references),
            _named_by(usage, one.schema_id),
        )
        for one in look.versions
    ]
    blocks: list[Block] = [table_block(f"Versions of {look.subject}", _VERSIONS, rows)]
    if look.compatibility:
        blocks.insert(0, facts_block("Registry", [("compatibility", look.compatibility)]))
    if look.first is not None and look.second is not None:
        title = f"From version {look.first} to version {look.second}"
        # The first two lines of a unified diff name the versions, as the title does.
        lines = look.lines[2:] if look.lines else ["no difference"]
        blocks.append(difference_block(title, lines, look.note))
    return blocks


def _named_by(usage: Sequence[UsageRow] | None, schema_id: int) -> str:
    if usage is None:
        return "not known"
    return counted(sum(row.records for row in usage if row.schema_id == schema_id), "record")


def _usage_blocks(usage: Sequence[UsageRow], look: SubjectLook) -> list[Block]:
    """Show the topics whose records name a schema of the subject, with what else their records name."""
    ids = {one.schema_id for one in look.versions}
    topics = {row.topic for row in usage if row.schema_id in ids}
    if not topics:
        return [lines_block("Records", ["No captured record names a schema of this subject."])]
    rows = [row for row in usage if row.topic in topics]
    cells = [
        (
            row.topic,
            str(row.partition),
            "none" if row.schema_id is None else str(row.schema_id),
            row.name or "",
            number_text(row.records),
            number_text(row.first_offset),
            number_text(row.last_offset),
            time_text(row.first_ms, precision="s"),
        )
        for row in rows
    ]
    return [
        ranges_block("Offsets whose records name a schema", _ranges(rows)),
        table_block("Schemas of each partition, in the order in which they first occur", _USAGE, cells),
    ]


def _ranges(rows: Sequence[UsageRow]) -> list[tuple[str, float, float, str]]:
    """Draw each schema id of a partition on the offsets that were captured of it."""
    bounds: dict[tuple[str, int], tuple[int, int]] = {}
    for row in rows:
        begin, end = bounds.get((row.topic, row.partition), (row.first_offset, row.last_offset + 1))
        bounds[row.topic, row.partition] = min(begin, row.first_offset), max(end, row.last_offset + 1)
    made = []
    for row in rows:
        begin, end = bounds[row.topic, row.partition]
        share = (row.first_offset - begin) / (end - begin), (row.last_offset + 1 - begin) / (end - begin)
        name = f"{partition_text(row.topic, row.partition)} " + (
            "no schema" if row.schema_id is None else f"id {row.schema_id}"
        )
        span = f"{number_text(row.first_offset)} to {number_text(row.last_offset)}, {counted(row.records, 'record')}"
        made.append((name, *share, span))
    return made


def _subjects_block(subjects: Sequence[SubjectRow]) -> Block:
    rows = [
        (row.subject, _number(row.version), _number(row.schema_id), row.type or "", row.name or "") for row in subjects
    ]
    return table_block("All subjects", _SUBJECTS, rows, _MOST_SUBJECTS)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
