"""The golden records of decoding, as raw records and expected envelopes."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.model import Record, TimestampType
from workbench.model.records.columns import EVENT, RECORD

GOLDEN = Path(__file__).parents[1] / "unit" / "decoding" / "golden"
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "envelopes.md"
SECTIONS = {
    "12.1": "contract_and_generic",
    "12.2": "cloudevents",
    "12.3": "service_frameworks",
    "12.4": "event_stores",
    "12.5": "change_data_and_builds",
    "12.6": "provenance",
    "12.7": "hostile_headers",
    "12.8": "onex",
}
STANDARD_HEADERS = [
    ["content_type", "application/json"],
    ["correlation_id", "@c1"],
    ["message_id", "@01"],
    ["timestamp", "2026-03-01T10:00:00+00:00"],
    ["source", "svc"],
    ["event_type", "platform.node-registered"],
    ["schema_version", "1.0.0"],
    ["priority", "normal"],
    ["retry_count", "0"],
    ["max_retries", "3"],
]
DEFAULTS: dict[str, Any] = {
    "also_matched": [],
    "link_ids": [],
    "causes": [],
    "problems": [],
    "cause_state": "unknown",
    "id_scope": "global",
}
NOT_PUBLISHED = (
    "partition",
    "offset",
    "convention_version",
    "format",
    "damage",
    "raw_reason",
    "decoded",
    "decoded_key",
)
"""Columns that the reference page says nothing about."""
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC, as the column is
STRUCTS = {"trace", "origin", "error"}
TIMES = {"event_time", "started", "ended"}


def committed(section: str) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((GOLDEN / f"{SECTIONS[section]}.json").read_text(encoding="utf-8"))
    return vectors


def published(section: str) -> list[dict[str, Any]]:
    page = REFERENCE.read_text(encoding="utf-8")
    block = re.search(rf"### {re.escape(section)} .*?```json\n(.*?)```", page, re.DOTALL)
    assert block is not None, section
    vectors: list[dict[str, Any]] = json.loads(block[1])
    return vectors


def _expanded(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub(r"@([0-9a-f]{2})(?![0-9a-zA-Z@.])", r"00000000-0000-4000-8000-0000000000\1", value)
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    if isinstance(value, dict):
        return {_expanded(key): _expanded(item) for key, item in value.items()}
    return value


def _bytes(part: Any) -> bytes | None:
    if part is None:
        return None
    if isinstance(part, str):
        return part.encode()
    if "hex" in part:
        return bytes.fromhex(part["hex"])
    if "text" in part:
        return str(part["text"]).encode()
    return json.dumps(part["json"], ensure_ascii=False).encode()


def raw_record(vector: dict[str, Any]) -> Record:
    given = vector["record"]
    headers: list[Any] = []
    for item in given.get("headers", []):
        headers.extend(STANDARD_HEADERS if item == "H" else [item])
    given = _expanded(given)
    return Record(
        topic=given.get("topic", "t"),
        partition=given.get("partition", 0),
        offset=given.get("offset", 0),
        timestamp_ms=0,
        timestamp_type=TimestampType.CREATE,
        key=_bytes(given.get("key")),
        value=_bytes(given.get("value")),
        headers=tuple((_bytes(name), _bytes(value)) for name, value in _expanded(headers)),  # type: ignore[misc]
    )


def record_batch(records: list[Record]) -> pa.RecordBatch:
    rows = [
        {
            "partition": record.partition,
            "offset": record.offset,
            "timestamp_ms": record.timestamp_ms,
            "timestamp_type": int(record.timestamp_type),
            "key": record.key,
            "value": record.value,
            "headers": [{"name": name, "value": value} for name, value in record.headers],
        }
        for record in records
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def micros(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1)


def expected_event(vector: dict[str, Any]) -> dict[str, Any]:
    """The EVENT row that a vector asks for; what it does not name is null, empty or the default."""
    given = _expanded(vector["expect"])
    row: dict[str, Any] = {}
    for name in EVENT.names:
        if name in NOT_PUBLISHED:
            continue
        published = "profile" if name == "convention" else name  # the reference page has the older word
        value = given.get(published, DEFAULTS.get(name))
        if name in TIMES and value is not None:
            value = micros(value)
        elif name == "tombstone":
            value = bool(value)
        elif name == "problems":
            value = sorted(value)
        elif name == "causes":
            value = [{"rank": 0, **cause} for cause in value]
        elif name in STRUCTS and value is not None:
            value = {item.name: value.get(item.name) for item in EVENT.field(name).type.fields}
        row[name] = value
    return row
