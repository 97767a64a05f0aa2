"""Bytes that serialisers of schema registries put before a value: which schema it was written with.

| frame | bytes before the value |
|---|---|
| Confluent, Redpanda, Karapace | 0, then the schema id in 4 bytes, big-endian |
| Apicurio, where its serialisers use ids of 8 bytes | 0, then the id in 8 bytes, big-endian |
| AWS Glue | 3, then 0 (as it is) or 5 (zlib), then the UUID of the schema version in 16 bytes |
| Avro's single-object encoding | C3 01, then the CRC-64-AVRO fingerprint of the schema in 8 bytes |

Apicurio's serialisers can also say it in headers; then nothing stands before the value.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.text import visible

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from workbench.model.records.record import HeaderList

NOT_FRAMED = -1
"""Given by `schema_ids` for values without a frame."""
REGISTRY_PREFIX_BYTES = 5
SINGLE_OBJECT_PREFIX_BYTES = 10

_LARGEST_ID = 2**31 - 1
_APICURIO_PREFIX_BYTES = 9
_GLUE_HEADER_BYTES = 18
_GLUE_MARK = 3
_GLUE_COMPRESSIONS = {0: "", 5: ", compressed with zlib"}
SINGLE_OBJECT_MARK = b"\xc3\x01"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before a value.

    Attributes:
        name: What it is and which schema it names, for a reason.
        size: Its bytes.
        id: Id of a registry of Confluent's kind; `NOT_FRAMED` in other frames.
        fingerprint: That of a single object of Avro; empty in other frames.
        zlib: Whether the value behind it is compressed with zlib.
        numbered: Whether a message of Protobuf is marked by its number in the schema behind it, as AWS Glue does.
    """

    name: str
    size: int
    id: int = NOT_FRAMED
    fingerprint: bytes = b""
    zlib: bool = False
    numbered: bool = False


def frame_of(value: bytes) -> Frame | None:
    """Recognise the frame of a value; None where it has none."""
    if value[:1] == b"\0" and len(value) >= REGISTRY_PREFIX_BYTES:
        found = int.from_bytes(value[1:REGISTRY_PREFIX_BYTES])
        if 0 < found <= _LARGEST_ID:
            return Frame(f"schema id {found}", REGISTRY_PREFIX_BYTES, found)
        wide = int.from_bytes(value[1:_APICURIO_PREFIX_BYTES])
        if not found and len(value) >= _APICURIO_PREFIX_BYTES and 0 < wide <= _LARGEST_ID:
            return Frame(f"Apicurio's id {wide} of 8 bytes", _APICURIO_PREFIX_BYTES)
    if value[:1] == b"\x03" and len(value) >= _GLUE_HEADER_BYTES and value[1] in _GLUE_COMPRESSIONS:
        version = uuid.UUID(bytes=value[2:_GLUE_HEADER_BYTES])
        if version.variant == uuid.RFC_4122:
            how = _GLUE_COMPRESSIONS[value[1]]
            return Frame(f"AWS Glue's schema version {version}{how}", _GLUE_HEADER_BYTES, zlib=bool(how), numbered=True)
    if value.startswith(SINGLE_OBJECT_MARK) and len(value) >= SINGLE_OBJECT_PREFIX_BYTES:
        mark = value[2:SINGLE_OBJECT_PREFIX_BYTES]
        return Frame(f"the Avro schema of fingerprint {mark[::-1].hex()}", SINGLE_OBJECT_PREFIX_BYTES, fingerprint=mark)
    return None


_APICURIO_IDS = {b"apicurio.value.contentId": "content id", b"apicurio.value.globalId": "global id"}
_APICURIO_TEXTS = {
    b"apicurio.value.contentHash": "content of hash",
    b"apicurio.value.artifactId": "artifact",
    b"apicurio.value.encoding": "encoding",
}
APICURIO_PREFIX = b"apicurio.value."
APICURIO_HEADERS = (*_APICURIO_IDS, *_APICURIO_TEXTS)
"""Headers in which Apicurio's serialisers name a schema; the first of them that a record has counts."""
_LONGEST_HEADER = 80
_ID_BYTES = (4, 8)


def names_schema(headers: HeaderList) -> bool:
    """Whether a record has headers in which Apicurio's serialisers name a schema."""
    return any(name in APICURIO_HEADERS for name, _ in headers)


def header_frame(headers: HeaderList) -> str:
    """Say which schema the headers of Apicurio's serialisers name; empty where there are none."""
    known = {name: content for name, content in headers if name in APICURIO_HEADERS and content is not None}
    for name in APICURIO_HEADERS:
        if name in known:
            content = known[name]
            if name in _APICURIO_IDS and len(content) in _ID_BYTES:
                return f"Apicurio's {_APICURIO_IDS[name]} {int.from_bytes(content)} in the header {name.decode()}"
            what = _APICURIO_IDS.get(name) or _APICURIO_TEXTS[name]
            text = visible(content.decode("utf-8", "replace"), _LONGEST_HEADER)
            return f"Apicurio's {what} {text} in the header {name.decode()}"
    return ""


def schema_ids(values: pa.Array) -> NDArray[np.int64]:
    """Return the schema id of each value that begins with 0 and an id of 4 bytes; `NOT_FRAMED` for other rows.

    Ids begin at 1, so a value that begins with five zero bytes has no frame of this kind; an Apicurio id of 8 bytes
    begins so. Nulls, and values that are too short, have no frame.
    """
    # Here, because one record is read without them.
    import numpy as np

    heads = first_bytes(values, REGISTRY_PREFIX_BYTES).astype(np.int64)
    found = heads[:, 1] << 24 | heads[:, 2] << 16 | heads[:, 3] << 8 | heads[:, 4]
    return np.where((heads[:, 0] == 0) & (found > 0) & (found <= _LARGEST_ID), found, NOT_FRAMED)


def first_bytes(values: pa.Array, size: int, rows: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
    """Return the first bytes of each binary value, a row for each; rows of 0xFF for nulls and for shorter values.

    Args:
        values: Binary values.
        size: How many bytes.
        rows: The values that are looked at; all of them unless given.
    """
    import numpy as np
    import pyarrow as pa

    heads = np.full((len(values) if rows is None else len(rows), size), 0xFF, np.uint8)
    _, ends_at, data_at = values.buffers()
    if not len(values) or data_at is None:
        return heads
    width = np.int64 if pa.types.is_large_binary(values.type) else np.int32
    ends = np.frombuffer(ends_at, width)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    begins, sizes = ends[:-1], np.diff(ends)
    long_enough = sizes >= size
    if values.null_count:
        long_enough &= values.is_valid().to_numpy(zero_copy_only=False)
    if rows is not None:
        begins, long_enough = begins[rows], long_enough[rows]
    content = np.frombuffer(data_at, np.uint8)
    # To choose among rows costs as much as all the rest, and most often there is nothing to choose.
    found = slice(None) if long_enough.all() else np.flatnonzero(long_enough)
    places = begins[found]
    # One byte of all of them after another: to take them all at once costs up to nine times as much.
    for at in range(size):
        heads[found, at] = content[places + at]
    return heads
