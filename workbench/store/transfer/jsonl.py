"""Writes and reads records as JSON lines: text for UTF-8 bytes, base64 for others, null for null."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = (
    "cluster_id",
    "cluster",
    "topic",
    "topic_id",
    "isolation",
    "partition",
    "offset",
    "timestamp_ms",
    "timestamp_type",
)

BOUNDS = {
    "partition": (0, 2**31),
    "offset": (0, 2**63),
    "timestamp_ms": (-(2**63), 2**63),
    "timestamp_type": (-1, 2),
}
"""Lowest value and exclusive highest value of the numbers of a record. Producers stamp any 64-bit time."""


def to_line(row: Mapping[str, Any]) -> bytes:
    """Write one record as a line."""
    line: dict[str, Any] = {name: row[name] for name in PLAIN}
    line.update(_named("key", row["key"]))
    line.update(_named("value", row["value"]))
    line["headers"] = [
        {**_named("name", header["name"]), **_named("value", header["value"])} for header in row["headers"]
    ]
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def from_line(line: bytes) -> dict[str, Any]:
    """Read one record back, byte for byte.

    Raises:
        ValueError: The line is not such a record; the message says what is wrong.
    """
    found = orjson.loads(line)
    if not isinstance(found, dict):
        raise ValueError("a JSON object is expected")  # noqa: TRY004 - one kind of error for bad lines
    row = {name: found.get(name) for name in PLAIN}
    _check(row)
    row["key"] = _bytes("key", found)
    row["value"] = _bytes("value", found)
    headers = found.get("headers", [])
    if not isinstance(headers, list) or not all(isinstance(header, dict) for header in headers):
        raise ValueError("headers is no list of objects")
    row["headers"] = [{"name": _bytes("name", header) or b"", "value": _bytes("value", header)} for header in headers]
    return row


def _check(row: Mapping[str, Any]) -> None:
    for name, (low, high) in BOUNDS.items():
        number = row[name]
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number < high:
            raise ValueError(f"{name} is {number!r}; it must be an integer from {low} to {high - 1}")
    if not row["topic"]:
        raise ValueError(f"topic is {row['topic']!r}; a name is expected")
    for name in PLAIN[:5]:
        if row[name] is not None and not isinstance(row[name], str):
            raise ValueError(f"{name} is not text")


def _named(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_b64": base64.b64encode(value).decode()}


def _bytes(name: str, found: Mapping[str, Any]) -> bytes | None:
    encoded, text = found.get(f"{name}_b64"), found.get(name)
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, TypeError) as error:
            raise ValueError(f"{name}_b64 is not base64") from error
    if text is not None and not isinstance(text, str):
        raise ValueError(f"{name} is not text")
    return None if text is None else text.encode()
