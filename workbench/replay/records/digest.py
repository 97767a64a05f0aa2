"""SHA-256 digests of a record, of a selection and of a plan; they prove that what was confirmed is what is sent.

A body digest covers key, value and headers; headers whose name begins with ``x-replay`` are left out, so that the
record that was read and the record that was written have the same one.
"""

from __future__ import annotations

import hashlib
import json
import struct
from typing import TYPE_CHECKING, Any

from workbench.replay.records.raw_rows import X_REPLAY, RawRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.model import HeaderList

TOKEN_DIGITS = 8

_u32 = struct.Struct(">I").pack
_position = struct.Struct(">iqqb").pack


def _field(data: bytes | None) -> bytes:
    return b"\x00" if data is None else b"\x01" + _u32(len(data)) + data


def body_bytes(key: bytes | None, value: bytes | None, headers: HeaderList = ()) -> bytes:
    """Return the canonical bytes of a record body: of each field a byte that tells null, its length, its content."""
    if not headers:
        return _field(key) + _field(value) + b"\x00\x00\x00\x00"
    kept = [header for header in headers if not header[0].startswith(X_REPLAY)]
    fields = [_field(key), _field(value), _u32(len(kept))]
    for name, content in kept:
        fields += [_field(name), _field(content)]
    return b"".join(fields)


def body_sha256(key: bytes | None, value: bytes | None, headers: HeaderList = ()) -> bytes:
    """Return the digest of a record body, 32 bytes."""
    return hashlib.sha256(body_bytes(key, value, headers)).digest()


def body_digests(rows: RawRows) -> list[bytes]:
    """Return the body digest of each row."""
    keys, values, headers = rows.keys, rows.values, rows.headers
    return [body_sha256(keys[row], values[row], headers(row)) for row in range(len(rows))]


def selection_bytes(table: pa.Table, digests: list[bytes]) -> bytes:
    """Return the digested bytes of a selection: topic, position, timestamp and body digest of each record in row order.

    Args:
        table: Columns ``topic, partition, offset, timestamp_ms, timestamp_type`` in seq order.
        digests: Body digest of each row.
    """
    topics = [name.encode() for name in table["topic"].to_pylist()]
    columns = (table[name].to_pylist() for name in ("partition", "offset", "timestamp_ms", "timestamp_type"))
    return b"".join(
        _u32(len(topic)) + topic + _position(partition, offset, at, kind) + digest
        for topic, partition, offset, at, kind, digest in zip(topics, *columns, digests, strict=True)
    )


def selection_sha256(table: pa.Table, digests: list[bytes]) -> str:
    """Return the digest of a selection in seq order, as hex digits."""
    return hashlib.sha256(selection_bytes(table, digests)).hexdigest()


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write canonical JSON: keys sorted, no blanks, UTF-8 as it is, integers and strings but no floats.

    Raises:
        TypeError: The document holds a float.
    """
    _refuse_floats(document, "plan")
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _refuse_floats(value: Any, path: str) -> None:
    if isinstance(value, float):
        raise TypeError(f"{path} is the float {value!r}; a plan holds integers, strings and ratios of integers only.")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_floats(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for at, item in enumerate(value):
            _refuse_floats(item, f"{path}[{at}]")


def plan_hash(document: Mapping[str, Any]) -> str:
    """Return the digest of a plan's canonical JSON, as hex digits."""
    return hashlib.sha256(canonical(document)).hexdigest()


def token(digest: str) -> str:
    """Return the first digits of a plan hash, which a person types to confirm it."""
    return digest[:TOKEN_DIGITS]
