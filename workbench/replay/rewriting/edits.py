"""The edits of a selection: JSON patches bound to source positions, made from patches or from a user's function."""

from __future__ import annotations

import copy
import difflib
import inspect
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from workbench.buffers.mapped import batches_of
from workbench.errors import ConfigurationError, ValidationError
from workbench.replay.record_positions import POSITION
from workbench.replay.rewriting.header_edits import FIELDS
from workbench.replay.rewriting.header_patches import is_header_path, patched_headers
from workbench.replay.rewriting.json_body import NotRewritable, write_body
from workbench.replay.rewriting.kept_edits import NO_EDITS, Edits, edited_batch
from workbench.replay.rewriting.patches import apply_patch, check_patch, patch_between
from workbench.replay.rewriting.record_reader import reader_of
from workbench.tasks import check_stopped
from workbench.text import counted, is_position, parse_position, position_text, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workbench.model import HeaderList
    from workbench.replay.rewriting.header_edits import HeaderEdit
    from workbench.replay.rewriting.record_reader import Body, RecordReader

    Fix: TypeAlias = "Callable[[Any], Any] | Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Mapping[str, Any]]]"

_BODY_COLUMNS = ("topic", "value", "headers")
_NAMED = ("topic", "partition", "offset")
_STEP_ROWS = 2_000
"""Records that are objects of Python at once."""


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
        before = record_lines(self.reader, self.headers_before, self.before)
        after = record_lines(self.reader, self.headers_after, self.after)
        return "\n".join(difflib.unified_diff(before, after, "before", "after", lineterm="", n=1))


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
    fix = checked_fix(fix) if callable(fix) else fix
    if callable(fix):
        after = _column(records, fix) if columns else None
        return Edits.of(_edited(records, _BODY_COLUMNS, lambda one: _by_function(one, fix, readers, after)))
    if hasattr(fix, "keys"):
        return _by_position(records, fix)  # type: ignore[arg-type]  # a mapping, as it has keys
    patch = check_patch(fix)
    return Edits.of(_edited(records, (), lambda _: patch)) if patch else NO_EDITS


def make_header_edits(records: pa.Table, edit: HeaderEdit) -> Edits:
    """Make the edits of the headers of selected records."""
    known = [name for name in FIELDS if name in records.column_names]
    return Edits.of(_edited(records, (*known, "headers"), lambda one: edit.operations(pairs_of(one), one)))


def pairs_of(record: Mapping[str, Any]) -> HeaderList:
    """Return the headers of a record that was made of a row."""
    return tuple((one["name"], one["value"]) for one in record["headers"])


def checked_fix(fix: Fix) -> Fix:
    """Return a fix with its patches checked.

    Raises:
        ConfigurationError: It is no function and no patch, or a coroutine function.
    """
    if inspect.iscoroutinefunction(fix):
        raise ConfigurationError("The fix is a coroutine function (async def); it must return the body itself.")
    if callable(fix):
        return fix
    if hasattr(fix, "keys"):
        return {_spelled(name): check_patch(patch) for name, patch in fix.items()}  # type: ignore[union-attr]  # it has keys
    return check_patch(fix)


def operations_of(
    reader: RecordReader, fix: Fix, value: bytes | None, headers: HeaderList, *, position: str = ""
) -> Sequence[dict[str, Any]]:
    """Return the operations of a checked fix for one record; none where it changes nothing.

    Raises:
        NotRewritable: The value cannot be rewritten, or the fix fails or leaves the record out.
    """
    if callable(fix):
        body = reader.body(headers, value).tree
        return patch_between(body, _called(fix, body))
    return fix.get(position, ()) if hasattr(fix, "keys") else fix  # type: ignore[union-attr,return-value]  # checked


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


def _edited(
    records: pa.Table, columns: Sequence[str], make: Callable[[Mapping[str, Any]], Sequence[dict[str, Any]]]
) -> Iterator[pa.RecordBatch]:
    """Make the patch of each record, some at a time; what cannot be rewritten has its reason instead.

    Args:
        records: The records of a draft.
        columns: What the patch is made from; ``row`` is added to it.
        make: Makes the operations of one record.
    """
    wanted = records.select([*dict.fromkeys([*POSITION, *columns])])
    row = 0
    for whole in batches_of(wanted):
        for start in range(0, whole.num_rows, _STEP_ROWS):
            batch = whole.slice(start, _STEP_ROWS)
            patches: list[Sequence[dict[str, Any]]] = []
            problems: list[str | None] = []
            for record in batch.to_pylist():
                check_stopped()  # a user's function may take its time for each
                patch, problem = _made(make, {**record, "row": row})
                patches.append(patch)
                problems.append(problem)
                row += 1
            yield edited_batch(batch, patches, problems)


def _made(
    make: Callable[[Mapping[str, Any]], Sequence[dict[str, Any]]], record: Mapping[str, Any]
) -> tuple[Sequence[dict[str, Any]], str | None]:
    try:
        return make(record), None
    except NotRewritable as reason:
        return (), str(reason)


def _by_position(records: pa.Table, patches: Mapping[str, Sequence[Mapping[str, Any]]]) -> Edits:
    left = {name: check_patch(patch) for name, patch in patches.items()}
    spelled = {_spelled(name): name for name in left}
    found = []
    for batch in batches_of(records.select([*POSITION, "topic"])):
        names = [position_text(*row) for row in zip(*(batch[one].to_pylist() for one in _NAMED), strict=True)]
        own = [left.pop(spelled[name], ()) if name in spelled else () for name in names]
        found.append(edited_batch(batch, own, [None] * len(own)))
    if left:
        raise ValidationError(f"{next(iter(left))} is not selected, so it cannot be edited.")
    return Edits.of(found)


def _spelled(name: str) -> str:
    """Return a position in its usual spelling; another text as it is."""
    return position_text(*parse_position(name)) if is_position(name) else name


def _by_function(
    record: Mapping[str, Any], function: Callable[[Any], Any], readers: Mapping[int, RecordReader], after: Any
) -> Sequence[dict[str, Any]]:
    """Return the patch that a function makes of a body, or that leads to its value in a column of all."""
    reader = reader_of(readers, record["source_id"], record["topic"])
    headers, value = pairs_of(record), record["value"]
    if after is None:
        return operations_of(reader, function, value, headers)
    new = after[record["row"]]
    new = new.as_py() if isinstance(new, pa.Scalar) else new
    content = new.encode() if isinstance(new, str) else new
    if content is not None and not isinstance(content, bytes):
        raise NotRewritable(f"the function returned {type(new).__name__} for it, and a value is bytes, a text or None")
    if content == value:
        return ()
    return patch_between(reader.body(headers, value).tree, reader.body(headers, content).tree)


def _called(function: Callable[[Any], Any], body: Any) -> Any:
    given = copy.deepcopy(body)
    try:
        after = function(given)
    except Exception as error:
        # The function is the user's: what it raises about one record is a finding about that record.
        raise NotRewritable(f"the fix failed: {type(error).__name__}: {error}") from error
    if after is None and given != body:
        raise NotRewritable("the fix changed the body and returned None; it must return the body")
    if after is None:
        raise NotRewritable("the fix left it out")
    return after


def _column(records: pa.Table, function: Callable[[Any], Any]) -> Any:
    made = function(records)
    if isinstance(made, pa.Table) and "value" not in made.column_names:
        raise ValidationError("The function returned a table without a column value.")
    column = made["value"] if isinstance(made, pa.Table) else made
    if isinstance(column, (str, bytes)) or not hasattr(column, "__len__"):
        raise ValidationError(
            f"The function returned {type(column).__name__}; with columns=True it returns a value for each record, "
            "as a column, a list, or a table with the column value.",
        )
    if len(column) != records.num_rows:
        found = counted(len(column), "value")
        raise ValidationError(f"The function returned {found} for {counted(records.num_rows, 'record')}.")
    return column if hasattr(column, "to_pylist") else list(column)


def record_lines(reader: RecordReader, headers: HeaderList, body: bytes | None) -> list[str]:
    """Return headers and decoded body as lines of text."""
    return [*_header_lines(headers), *_lines(reader, headers, body)]


def _header_lines(headers: HeaderList) -> list[str]:
    return [f"header {name.decode('utf-8', 'replace')}: {visible_bytes(content, None)}" for name, content in headers]


def _lines(reader: RecordReader, headers: HeaderList, body: bytes | None) -> list[str]:
    try:
        tree = reader.body(headers, body).tree
    except NotRewritable:
        return [visible_bytes(body, None)]
    return json.dumps(tree, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
