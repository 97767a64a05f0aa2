"""Recognises the format of a file of spans by its content, and reads it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from workbench.errors import SpanFormatError, TableError
from workbench.text import counted, plural, size_text, visible
from workbench.tracing.spans.columns import SpanFile, SpanRows
from workbench.tracing.spans.jaeger import is_jaeger, read_jaeger
from workbench.tracing.spans.otlp import add_request, is_otlp
from workbench.tracing.spans.otlp_protobuf import read_messages
from workbench.tracing.spans.tabular import read_table
from workbench.tracing.spans.zipkin import read_zipkin, zipkin_version

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_LIMIT_BYTES = 512 << 20
"""JSON becomes about six times as large in memory; larger files belong in Parquet or in lines of OTLP JSON."""

_FEW = 3
_PIECE_BYTES = 1 << 20
_LINE_END = re.compile(rb"\r\n?|\n")
_OPENING = (b"{", b"[")
_KNOWN = "Jaeger JSON, Zipkin JSON (v1, v2), OTLP JSON or Protobuf, CSV and Parquet"


def read_spans(data: bytes, name: str, columns: Mapping[str, str] | None = None) -> SpanFile:
    """Read the spans of a file.

    Args:
        data: The content of the file.
        name: Its name, for messages; its suffix decides where the content alone does not.
        columns: For a table, the column of each of `workbench.tracing.spans.tabular.ROLES`.

    Raises:
        SpanFormatError: The file is empty, cut off, or of no known format.
        TableError: The columns of a table are not known.
    """
    if data[:4] == b"PAR1":
        return read_table(_parquet(data, name), columns)
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise SpanFormatError(f"{name} is empty: it holds no span.", path=name)
    if text[:1] in _OPENING and columns is None:
        return _json(text, name)
    if name.lower().endswith((".csv", ".tsv", ".txt")) or columns is not None:
        return _csv(text, name, columns)
    return _protobuf(data, name)


def _json(text: bytes, name: str) -> SpanFile:
    if len(text) > JSON_LIMIT_BYTES and b"\n" not in text[: 64 << 20].rstrip():
        raise SpanFormatError(
            f"{name} has {size_text(len(text))} of JSON in one document; at most {size_text(JSON_LIMIT_BYTES)} can be "
            "read. Write it as lines of OTLP JSON or as Parquet.",
            path=name,
        )
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _json_lines(text, name, error)
    if (found := _of_document(document)) is not None:
        return found
    raise SpanFormatError(f"{name} is JSON of no known shape; known are {_KNOWN}.", path=name)


def _of_document(document: Any) -> SpanFile | None:
    if is_jaeger(document):
        return read_jaeger(document)
    if is_otlp(document):
        rows = SpanRows()
        add_request(rows, document)
        return rows.file("otlp json")
    version = zipkin_version(document)
    return None if version is None else read_zipkin(document, version)


def _json_lines(text: bytes, name: str, error: orjson.JSONDecodeError) -> SpanFile:
    """Read lines of OTLP JSON; a line that cannot be read is counted, so that a file being written is of use, too."""
    rows, good, broken = SpanRows(), 0, list[int]()
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            broken.append(number)
            continue
        if is_otlp(document):
            add_request(rows, document)
            good += 1
        else:
            broken.append(number)
    if not good:
        raise SpanFormatError(_broken_text(text, name, error), path=name) from error
    notes = []
    if broken:
        named = ", ".join(map(str, broken[:_FEW]))
        notes = [f"{counted(len(broken), 'line')} of {name} could not be read, the first at line {named}."]
    return rows.file("otlp json", notes)


def _broken_text(text: bytes, name: str, error: orjson.JSONDecodeError) -> str:
    said = str(error).split(":")[0]
    if "unexpected end" in said or "unclosed" in said.lower():
        return (
            f"{name} is cut off: its JSON ends in the middle, after {size_text(len(text))}. "
            "Fetch or write the file again; nothing of it was read."
        )
    return f"{name} is no valid JSON: {said}, at line {error.lineno}, column {error.colno}. Nothing of it was read."


def _csv(text: bytes, name: str, columns: Mapping[str, str] | None) -> SpanFile:
    _refuse_other_texts(text, name)
    head = _LINE_END.split(text[:_PIECE_BYTES], 1)[0].decode("utf-8", "ignore")
    delimiter = max(",;\t", key=head.count)
    try:
        names = next(csv.reader([head], delimiter=delimiter), [])
    except csv.Error as error:
        raise SpanFormatError(f"{name} cannot be read as CSV: its first line is none, {error}.", path=name) from error
    skipped = 0

    def skip(_row: Any) -> str:
        nonlocal skipped
        skipped += 1
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            # Everything as text first: an id such as 0012 is no number.
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=True, null_values=[""]
            ),
        )
        found = read_table(table, columns)
    except pa.ArrowInvalid as error:
        raise SpanFormatError(f"{name} cannot be read as CSV: {visible(str(error), 200)}", path=name) from error
    except TableError as error:
        raise TableError(f"{name}: {error.message}", columns=error.columns) from error
    if skipped:
        has = plural(skipped, "has", "have")
        note = f"{counted(skipped, 'row')} of {name} {has} another number of columns, left out."
        return SpanFile(found.format, found.spans, (*found.notes, note))
    return found


def _refuse_other_texts(text: bytes, name: str) -> None:
    """Refuse what is not UTF-8 before Arrow meets it in a row to skip, which it reports as an error of a callback."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(text), _PIECE_BYTES):
            decoder.decode(text[start : start + _PIECE_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise SpanFormatError(
            f"{name} cannot be read as CSV: it is not UTF-8 ({error.reason}). Write it in UTF-8.", path=name
        ) from error


def _parquet(data: bytes, name: str) -> pa.Table:
    try:
        return pyarrow.parquet.read_table(pa.BufferReader(data))
    except (pa.ArrowInvalid, OSError) as error:
        raise SpanFormatError(
            f"{name} begins like Parquet and cannot be read: {visible(str(error), 200)}", path=name
        ) from error


def _protobuf(data: bytes, name: str) -> SpanFile:
    rows = SpanRows()
    try:
        for document in read_messages(data):
            add_request(rows, document)
    except (ValueError, RecursionError) as error:
        raise SpanFormatError(f"{name} cannot be read: {error}. Known formats are {_KNOWN}.", path=name) from error
    if not rows.rows:
        raise SpanFormatError(f"{name} holds no span in any known format; known are {_KNOWN}.", path=name)
    return rows.file("otlp protobuf")
