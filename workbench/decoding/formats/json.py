"""JSON read exactly: numbers keep their text, of duplicate keys the last counts, depth does not matter."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.deep_json import parse_deep
from workbench.decoding.formats.format import CutOffError, Format, OtherFormatError
from workbench.decoding.formats.framing import REGISTRY_PREFIX_BYTES
from workbench.decoding.value_tree import MISSING, NumberText

if TYPE_CHECKING:
    from workbench.model.records.record import HeaderList

JSON = "json"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONNECT_WRAPPER = frozenset({"schema", "payload"})
"""Members of the object in which Kafka Connect wraps a value."""
_FIRST = frozenset(bytes([first]) for first in b'{["-0123456789tfn\xef')
"""First bytes behind white space of texts and of the byte order mark."""
ARRAY_PATTERN = (
    rb"\A[ \t\n\r]*\[[ \t\n\r]*(?:[\[{\"\]]|\z"
    rb"|(?:-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null)[ \t\n\r]*(?:,|\z))"
)
"""RE2 pattern of the beginning of an array. Lines of a log begin with a bracket as well: ``[2026-11-28 …]``."""
_ARRAY = re.compile(ARRAY_PATTERN.replace(rb"\z", rb"\Z"))
_OBJECT = re.compile(rb"[ \t\n\r]*\{[ \t\n\r]*(?:[\"}]|\Z)")
_MARK = "\ufeff"
_END_OF_DATA = "unexpected end of data"
"""Reason of the UTF-8 decoder where the last character is not complete."""
_UNFINISHED = re.compile(r"t(?:r(?:u(?:e)?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:l(?:l)?)?)?|-|\.|\.?[0-9]*[eE][-+]?")
"""What is left of a text where it was cut inside a word or number."""
_ESCAPE_CHARACTERS = 6
_WITHOUT_SPACE = str.maketrans("", "", " \t\n\r")


class JsonFormat(Format):
    """RFC 8259 text, with or without a byte order mark, a schema-registry prefix or the wrapper of Kafka Connect."""

    name = JSON
    in_columns = True

    def claims(self, topic: str, headers: HeaderList, value: bytes) -> bool:
        del topic, headers
        return value.lstrip(b" \t\n\r")[:1] in _FIRST or _is_prefixed(value)

    def read(self, value: bytes) -> Any:
        value = behind_prefix(value).removeprefix(BYTE_ORDER_MARK)
        try:
            body = parse_json(value)
        except ValueError as error:
            raise _fault(value, error) from error
        return body["payload"] if isinstance(body, dict) and body.keys() == CONNECT_WRAPPER else body


def behind_prefix(value: bytes) -> bytes:
    """Return the JSON text of a value that is JSON: without the prefix of a schema registry, if it has one.

    The prefix is looked for only before an object: no JSON text begins with a zero byte, binary formats do.
    """
    return value[REGISTRY_PREFIX_BYTES:] if _is_prefixed(value) else value


def _is_prefixed(value: bytes) -> bool:
    return value[:1] == b"\x00" and value[REGISTRY_PREFIX_BYTES : REGISTRY_PREFIX_BYTES + 1] == b"{"


def _fault(value: bytes, error: ValueError) -> ValueError:
    """Tell whether a value that is no JSON is another text, JSON that was cut off, or JSON with a fault."""
    if not (_OBJECT.match(value) or _ARRAY.match(value) or _is_object_text(value)):
        return OtherFormatError("it begins like JSON and is none")
    return CutOffError(str(error)) if _is_cut_off(error) else error


def _is_object_text(value: bytes) -> bool:
    """Whether a value is text that begins with a brace; a byte of binary data is a brace by chance."""
    if value.lstrip(b" \t\n\r")[:1] != b"{":
        return False
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        if error.reason != _END_OF_DATA:
            return False
        text = value[: error.start].decode()
    return text.translate(_WITHOUT_SPACE).isprintable()


def _is_cut_off(error: ValueError) -> bool:
    if isinstance(error, UnicodeDecodeError):
        return error.reason == _END_OF_DATA
    if not isinstance(error, json.JSONDecodeError):
        return False
    rest = error.doc[error.pos :]
    if error.msg.startswith("Unterminated string") or not rest.strip(" \t\n\r"):
        return True
    if error.msg.startswith("Invalid \\uXXXX escape"):
        return '"' not in rest and len(rest) < _ESCAPE_CHARACTERS
    return _UNFINISHED.fullmatch(rest) is not None


def read_json(data: bytes | str) -> Any:
    """Read RFC 8259 text; `MISSING` for anything else."""
    try:
        return parse_json(data)
    except ValueError:
        return MISSING


def parse_json(data: bytes | str) -> Any:
    """Read RFC 8259 text.

    Raises:
        ValueError: It is none; the message says where.
    """
    text = data if isinstance(data, str) else data.decode()
    if text.startswith(_MARK):
        raise ValueError("a byte order mark is no JSON")
    try:
        return _DECODER.decode(text)
    except RecursionError:
        return parse_deep(text, _DECODER)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


# Made once: `json.loads` makes one for each text where numbers are not read in its own way.
_DECODER = json.JSONDecoder(parse_float=NumberText, parse_int=NumberText, parse_constant=_refuse)
