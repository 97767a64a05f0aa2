"""Avro schemas with values, and the JSON that they become."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any

from hypothesis import strategies as st

NODE: dict[str, Any] = {
    "type": "record",
    "name": "Node",
    "namespace": "lists",
    "fields": [{"name": "v", "type": "int"}, {"name": "next", "type": ["null", "Node"]}],
}
DAY = dt.date(1969, 12, 31)
MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)
HUGE_DECIMAL = decimal.Decimal("-" + "9" * 58 + ".25")
LONG_DECIMAL = decimal.Decimal("-1234567890123456789012345678901234.5678")
ID = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


def logical(base: Any, name: str, **more: Any) -> dict[str, Any]:
    """Return a type with a logical type."""
    return {**({"type": base} if isinstance(base, str) else base), "logicalType": name, **more}


FIXED_16 = {"type": "fixed", "name": "F", "size": 16}
FIXED_20 = {"type": "fixed", "name": "F", "size": 20}
CASES: dict[str, tuple[Any, Any, Any]] = {
    "null": ("null", None, None),
    "smallest long": ("long", -(2**63), -(2**63)),
    "largest long": ("long", 2**63 - 1, 2**63 - 1),
    "boolean": ("boolean", True, True),
    "float": ("float", 0.1, 0.1),
    "double": ("double", 5e-324, 5e-324),
    "no number": ("double", float("-inf"), "-Infinity"),
    "text": ("string", 'é\n"\\\u0007\U0001f600', 'é\n"\\\u0007\U0001f600'),
    "bytes": ("bytes", b"\x00\xff\x01", "AP8B"),
    "fixed": ({"type": "fixed", "name": "F", "size": 3}, b"abc", "YWJj"),
    "enum": ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B", "B"),
    "array": ({"type": "array", "items": "int"}, [1, -2, 3], [1, -2, 3]),
    "no items": ({"type": "array", "items": "int"}, [], []),
    "map": ({"type": "map", "values": "boolean"}, {"x": True, 'é"': False}, {"x": True, 'é"': False}),
    "union": (["null", "string", "long"], 5, 5),
    "recursion": (NODE, {"v": 1, "next": {"v": 2, "next": None}}, {"v": 1, "next": {"v": 2, "next": None}}),
    "decimal of 38 digits": (logical("bytes", "decimal", precision=38, scale=4), LONG_DECIMAL, str(LONG_DECIMAL)),
    "small decimal": (logical("bytes", "decimal", precision=9, scale=3), decimal.Decimal("-0.005"), "-0.005"),
    "whole decimal": (logical("bytes", "decimal", precision=9), decimal.Decimal(12), "12"),
    "decimal of 60 digits": (logical("bytes", "decimal", precision=60, scale=2), HUGE_DECIMAL, str(HUGE_DECIMAL)),
    "decimal of 38 digits in 20 bytes": (
        logical(FIXED_20, "decimal", precision=38, scale=4),
        LONG_DECIMAL,
        str(LONG_DECIMAL),
    ),
    "fixed decimal": (logical(FIXED_16, "decimal", precision=38, scale=2), decimal.Decimal("7.10"), "7.10"),
    "date": (logical("int", "date"), DAY, "1969-12-31"),
    "time of milliseconds": (logical("int", "time-millis"), dt.time(3, 4, 5, 678000), "03:04:05.678"),
    "time of microseconds": (logical("long", "time-micros"), dt.time(3, 4, 5, 678901), "03:04:05.678901"),
    "timestamp": (logical("long", "timestamp-micros"), MOMENT, "2026-01-02T03:04:05.678901Z"),
    "timestamp of milliseconds": (logical("long", "timestamp-millis"), -1, "1969-12-31T23:59:59.999Z"),
    "local timestamp": (logical("long", "local-timestamp-millis"), 0, "1970-01-01T00:00:00.000"),
    "a year that no calendar has": (logical("long", "timestamp-millis"), 2**62, 2**62),
    "uuid": (logical("string", "uuid"), ID, str(ID)),
    "fixed uuid": (logical(FIXED_16, "uuid"), ID.bytes, str(ID)),
    "unknown logical type": (logical("int", "shoe-size"), 42, 42),
}
DURATION = logical({"type": "fixed", "name": "D", "size": 12}, "duration")
ALL: dict[str, Any] = {
    "type": "record",
    "name": "All",
    "fields": [
        {"name": "s", "type": "string"},
        {"name": "l", "type": "long"},
        {"name": "d", "type": "double"},
        {"name": "f", "type": "float"},
        {"name": "b", "type": "bytes"},
        {"name": "a", "type": {"type": "array", "items": ["null", "string", "long"]}},
        {"name": "m", "type": {"type": "map", "values": "double"}},
    ],
}
LONGS = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
