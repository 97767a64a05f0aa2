"""Writes rows as JSON that every reader accepts, without losing a value.

Bytes are text where they are UTF-8, else base64 under a name that ends in ``_b64``. NaN and infinities are null.
Integers and decimals keep all their digits. Times are ISO 8601.
"""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from workbench.text import iso_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)
"""Integers that orjson writes by itself."""


def json_line(row: Mapping[str, Any]) -> bytes:
    """Write one object as JSON, without a line feed."""
    return orjson.dumps(members(row))


def csv_cell(value: Any) -> str | int | float | None:
    """Return a value for CSV: what JSON writes as text or number is so here; what is nested is its JSON."""
    if isinstance(value, bytes):
        ((name, text),) = bytes_member("base64", value).items()
        return text if name == "base64" else f"base64:{text}"
    shown = _value(value)
    if isinstance(shown, str | int | float) and not isinstance(shown, bool):
        return shown
    return None if shown is None else orjson.dumps(shown).decode()


def members(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names and values of a row as JSON has them."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, bytes):
            found.update(bytes_member(name, value))
        else:
            found[name] = _value(value)
    return found


def bytes_member(name: str, raw: bytes | None) -> dict[str, str | None]:
    """Return bytes as one member: text if they are UTF-8, else base64 under a name that ends in ``_b64``."""
    if raw is None:
        return {name: None}
    try:
        return {name: raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_b64": base64.b64encode(raw).decode("ascii")}


def _value(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case bytes():
            member = bytes_member("value", value)
            return member.get("value", member)
        case dict():
            return members({str(name): item for name, item in value.items()})
        case list() | tuple():
            return [_value(item) for item in value]
        case date() | time():
            return iso_text(value) if isinstance(value, datetime) else value.isoformat()
    return _number(value)


def _number(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case int():
            return value if _SMALLEST <= value <= _LARGEST else orjson.Fragment(str(value))
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return orjson.Fragment(f"{value:f}") if value.is_finite() else None
        case timedelta():
            return value.total_seconds()
    return str(value)
