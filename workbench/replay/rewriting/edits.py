"""The edits of a selection: JSON patches bound to source positions, made from patches or from a user's function."""

from __future__ import annotations

import copy
import difflib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from workbench.errors import ConfigurationError, ValidationError
from workbench.replay.rewriting.header_edits import FIELDS
from workbench.replay.rewriting.header_patches import is_header_path, patched_headers
from workbench.replay.rewriting.json_body import NotRewritable, write_body
from workbench.replay.rewriting.patches import apply_patch, check_patch, patch_between
from workbench.replay.rewriting.record_reader import reader_of
from workbench.text import counted, is_position, parse_position, position_text, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workbench.model import HeaderList
    from workbench.replay.rewriting.header_edits import HeaderEdit
    from workbench.replay.rewriting.record_reader import Body, RecordReader

    Fix: TypeAlias = "Callable[[Any], Any] | Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Mapping[str, Any]]]"

Position: TypeAlias = tuple[int, int, int]
"""Source id, partition and offset of a selected record."""

POSITION_COLUMNS = ("source_id", "partition", "offset")


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of an edit on one record."""

    position: str
    before: bytes | None
    after: bytes | None
    headers_before: HeaderList
    headers_after: HeaderList
    reader: RecordReader = field(repr=False)

    @classmethod
    def of(
        cls,
        position: str,
        reader: RecordReader,
        before: tuple[bytes | None, HeaderList],
        after: tuple[bytes | None, HeaderList],
    ) -> Change:
        """Return the change between two states of a record, each value and headers."""
        return cls(position, before[0], after[0], before[1], after[1], reader)

    @property
    def diff(self) -> str:
        """Headers and decoded body before and after, as a diff of their lines."""
        before = [*_header_lines(self.headers_before), *_lines(self.reader, self.headers_before, self.before)]
        after = [*_header_lines(self.headers_after), *_lines(self.reader, self.headers_after, self.after)]
        return "\n".join(difflib.unified_diff(before, after, "before", "after", lineterm="", n=1))


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits of a draft.

    Attributes:
        patches: The operations for each source position.
        problems: Why the record at a position could not be edited.
    """

    patches: Mapping[Position, Sequence[dict[str, Any]]]
    problems: Mapping[Position, str]

    def joined(self, other: Edits) -> Edits:
        """Return these edits and others; one may edit the body of a record, and another its headers.

        Raises:
            ConfigurationError: The body or the headers of a record would be edited twice.
        """
        both = sorted(self.patches.keys() & other.patches.keys())
        twice = [at for at in both if _parts(self.patches[at]) & _parts(other.patches[at])]
        if twice:
            raise ConfigurationError(
                f"{counted(len(twice), 'record')} would be edited a second time, such as offset {twice[0][2]} of "
                f"partition {twice[0][1]}. Edit the original selection once, with all changes.",
            )
        joined = {at: [*self.patches[at], *other.patches[at]] for at in both}
        return Edits({**self.patches, **other.patches, **joined}, {**self.problems, **other.problems})

    def to_json(self) -> list[Any]:
        """Return plain values, in the order of positions."""
        rows: list[list[Any]] = [[*at, list(patch), None] for at, patch in self.patches.items()]
        rows += [[*at, None, reason] for at, reason in self.problems.items()]
        return sorted(rows, key=lambda row: row[:3])

    @classmethod
    def from_json(cls, rows: Sequence[Any]) -> Edits:
        """Read what `to_json` wrote."""
        patches = {tuple(row[:3]): row[3] for row in rows if row[3] is not None}
        return cls(patches, {tuple(row[:3]): row[4] for row in rows if row[3] is None})


NO_EDITS = Edits({}, {})


def make_edits(records: pa.Table, fix: Fix, readers: Mapping[int, RecordReader], *, columns: bool = False) -> Edits:
    """Make the edits of selected records.

    Args:
        records: The records of a draft.
        fix: A function of a decoded body that returns the new one; a JSON patch for every record; or patches by
            ``topic/partition@offset``.
        readers: What reads the records of each source, by source id.
        columns: The function takes the whole table, and returns the new values as a column, or a table that has it.

    Raises:
        ConfigurationError: It is no function and no patch.
        ValidationError: A position is not selected, or the column has another length.
    """
    if callable(fix):
        return _by_columns(records, fix, readers) if columns else _by_function(records, fix, readers)
    if hasattr(fix, "keys"):
        return _by_position(records, fix)  # type: ignore[arg-type]  # a mapping, as it has keys
    patch = check_patch(fix)
    return Edits(dict.fromkeys(_positions(records), patch), {}) if patch else NO_EDITS


def make_header_edits(records: pa.Table, edit: HeaderEdit) -> Edits:
    """Make the edits of the headers of selected records."""
    known = [name for name in FIELDS if name in records.column_names]
    patches, problems = {}, {}
    for batch in records.select([*dict.fromkeys([*POSITION_COLUMNS, *known, "headers"])]).to_batches():
        for record in batch.to_pylist():
            at = (record["source_id"], record["partition"], record["offset"])
            headers = tuple((one["name"], one["value"]) for one in record["headers"])
            try:
                operations = edit.operations(headers, record)
            except NotRewritable as reason:
                problems[at] = str(reason)
                continue
            if operations:
                patches[at] = operations
    return Edits(patches, problems)


def apply_fix(
    reader: RecordReader, fix: Fix, value: bytes | None, headers: HeaderList = ()
) -> tuple[bytes | None, HeaderList]:
    """Return a value and headers as a fix makes them; the value's own bytes where that changes nothing.

    Raises:
        NotRewritable: The value cannot be rewritten, or the fix fails or leaves the record out.
    """
    if not callable(fix):
        return edited(reader, value, headers, check_patch(fix))
    body = reader.body(headers, value)
    return _written(value, body, _called(fix, copy.deepcopy(body.tree))), headers


def edited(
    reader: RecordReader, value: bytes | None, headers: HeaderList, patch: Sequence[dict[str, Any]]
) -> tuple[bytes | None, HeaderList]:
    """Return a value and headers with a patch applied; the value's own bytes where it does not change.

    Raises:
        NotRewritable: The value cannot be rewritten, or the patch does not apply.
    """
    of_body = [one for one in patch if not is_header_path(one["path"])]
    changed = patched_headers(headers, (one for one in patch if is_header_path(one["path"])))
    if not of_body:
        return value, changed
    body = reader.body(headers, value)
    return _written(value, body, apply_patch(body.tree, of_body)), changed


def _written(value: bytes | None, body: Body, tree: Any) -> bytes | None:
    # Texts are compared, because Python takes 1, 1.0 and true for equal.
    return value if write_body(tree) == write_body(body.tree) else body.written(tree)


def _parts(patch: Sequence[dict[str, Any]]) -> set[bool]:
    """Return what a patch edits: headers (True), the body (False), or both."""
    return {is_header_path(one["path"]) for one in patch}


def _by_position(records: pa.Table, patches: Mapping[str, Sequence[Mapping[str, Any]]]) -> Edits:
    known = dict(zip(_names(records), _positions(records), strict=True))
    found = {}
    for name, patch in patches.items():
        spelled = position_text(*parse_position(name)) if is_position(name) else name
        if spelled not in known:
            raise ValidationError(f"{name} is not selected, so it cannot be edited.")
        found[known[spelled]] = check_patch(patch)
    return Edits(found, {})


def _by_function(records: pa.Table, function: Callable[[Any], Any], readers: Mapping[int, RecordReader]) -> Edits:
    patches, problems = {}, {}
    for at, reader, headers, value in _records(records, readers):
        try:
            body = reader.body(headers, value).tree
            patch = patch_between(body, _called(function, copy.deepcopy(body)))
        except NotRewritable as reason:
            problems[at] = str(reason)
            continue
        if patch:
            patches[at] = patch
    return Edits(patches, problems)


def _called(function: Callable[[Any], Any], body: Any) -> Any:
    try:
        after = function(body)
    except Exception as error:
        # The function is the user's: what it raises about one record is a finding about that record.
        raise NotRewritable(f"the fix failed: {type(error).__name__}: {error}") from error
    if after is None:
        raise NotRewritable("the fix left it out")
    return after


def _by_columns(records: pa.Table, function: Callable[[Any], Any], readers: Mapping[int, RecordReader]) -> Edits:
    made = function(records)
    column = made["value"] if isinstance(made, pa.Table) else made
    if len(column) != records.num_rows:
        found = counted(len(column), "value")
        raise ValidationError(f"The function returned {found} for {counted(records.num_rows, 'record')}.")
    after = column.to_pylist() if hasattr(column, "to_pylist") else list(column)
    patches, problems = {}, {}
    for (at, reader, headers, old), new in zip(_records(records, readers), after, strict=True):
        content = new.encode() if isinstance(new, str) else new
        if content == old:
            continue
        try:
            patch = patch_between(reader.body(headers, old).tree, reader.body(headers, content).tree)
        except NotRewritable as reason:
            problems[at] = str(reason)
            continue
        if patch:
            patches[at] = patch
    return Edits(patches, problems)


def _positions(records: pa.Table) -> list[Position]:
    return list(zip(*(records[name].to_pylist() for name in POSITION_COLUMNS), strict=True))


def _names(records: pa.Table) -> list[str]:
    columns = (records[name].to_pylist() for name in ("topic", "partition", "offset"))
    return [position_text(*row) for row in zip(*columns, strict=True)]


def _records(
    records: pa.Table, readers: Mapping[int, RecordReader]
) -> Iterator[tuple[Position, RecordReader, HeaderList, bytes | None]]:
    for batch in records.select([*POSITION_COLUMNS, "topic", "value", "headers"]).to_batches():
        for record in batch.to_pylist():
            at = (record["source_id"], record["partition"], record["offset"])
            headers = tuple((one["name"], one["value"]) for one in record["headers"])
            yield at, reader_of(readers, record["source_id"], record["topic"]), headers, record["value"]


def _header_lines(headers: HeaderList) -> list[str]:
    return [f"header {name.decode('utf-8', 'replace')}: {visible_bytes(content, None)}" for name, content in headers]


def _lines(reader: RecordReader, headers: HeaderList, body: bytes | None) -> list[str]:
    try:
        tree = reader.body(headers, body).tree
    except NotRewritable:
        return [visible_bytes(body, None)]
    return json.dumps(tree, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
