"""Converts records for JSON output."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.model import Record


def as_json(record: Record) -> dict[str, Any]:
    """Convert a record for JSON: bytes become text if they are UTF-8, else base64 under a name ending in ``_b64``."""
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp_ms,
        "timestamp_type": record.timestamp_type.name.lower(),
        **_bytes("key", record.key),
        **_bytes("value", record.value),
        "headers": [{**_bytes("name", name), **_bytes("value", value)} for name, value in record.headers],
    }


def _bytes(name: str, raw: bytes | None) -> dict[str, str | None]:
    if raw is None:
        return {name: None}
    try:
        return {name: raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_b64": base64.b64encode(raw).decode("ascii")}
