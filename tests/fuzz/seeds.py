"""The seed corpus, made of golden records, hostile records and hand-made batches; files hold what once failed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import batch_bytes
import cramjam
import golden_vectors
import hostile_records
import payload_schemas
from packing import packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.model import Record

CORPUS = Path(__file__).parent / "corpus"
"""Inputs that a target failed on once: ``<target>-<what>.hex``, with a comment line of `#`."""
_BETWEEN = b"\x1e"
_CODECS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: gzip.compress,
    2: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    3: lambda data: bytes(cramjam.lz4.compress(data)),
    4: lambda data: bytes(cramjam.zstd.compress(data)),
}
WORDS = (
    b'"', b"\\", b"\\u", b"\\ud83d\\ude00", b"\\ud800", b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"1e999",
    b"-0", b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\x00", b"\x1e",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x01", b"\xfe\xff\xff\xff\x0f",
    b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"2026-03-01T10:00:00.123456789+02:30",
    b"00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01",
    b"urn:uuid:00000000-0000-4000-8000-0000000000A2", b"application/cloudevents+json", b"kafka_dlt-original-offset",
    b"spring_json_header_types", b'{"schema":{},"payload":', b"[" * 600, b'{"a":' * 600,
)  # fmt: skip
"""Words that mutations insert."""


def seeds() -> dict[str, list[bytes]]:
    """Return unharmed and hostile inputs for each target."""
    golden = [
        golden_vectors.raw_record(v) for section in golden_vectors.SECTIONS for v in golden_vectors.committed(section)
    ]
    bodies = [record.value for record in golden if record.value] + list(hostile_bodies())
    records = [packed(record.headers, record.value) for record in golden]
    records += [packed(headers, bodies[at]) for at, headers in enumerate(hostile_records.HEADERS * 8)]
    records += [packed([extra], b"{}") for extra in hostile_records.EXTRA_HEADERS]
    texts = [value.encode("utf-8", "surrogatepass") for value in hostile_records.VALUES if isinstance(value, str)]
    made = {
        "answers": [bytes([flags]) + answer for flags in (1, 3, 5, 13) for answer in answers(golden)],
        "records": [bytes([2, 0, 0, 255]) + rows(golden[at : at + 2]) for at in range(0, len(golden), 2)],
        "json_bodies": [*bodies, _BETWEEN.join(bodies[:6])],
        "header_names": [*records, _BETWEEN.join(records[:4])],
        "fixed_texts": [_BETWEEN.join(texts), *texts, *WORDS],
        "decoded_records": [
            bytes([at % 256]) + record for at, record in enumerate([*records, _BETWEEN.join(records[:3])])
        ],
    }
    made["masked_values"] = [bytes([at % 256]) + body for at, body in enumerate([*bodies, *bodies])]
    made["payload_texts"] = [*bodies, _BETWEEN.join(bodies[:6])]
    made["payload_formats"] = [
        bytes([list(payload_schemas.FORMATS).index(topic)]) + value for topic, value in payload_schemas.values()
    ]
    for path in sorted(CORPUS.glob("*.hex")):
        lines = [line for line in path.read_text(encoding="ascii").splitlines() if not line.startswith("#")]
        made[path.name.partition("-")[0]].append(bytes.fromhex("".join(lines)))
    return made


def hostile_bodies() -> Iterator[bytes]:
    """Yield bodies that are nested deep, cut off, no UTF-8, with huge numbers, with members that come twice."""
    for make in hostile_records.BODIES:
        plain = json.dumps(make(1)).encode()
        yield from (body for wrap in hostile_records.WRAPPINGS.values() if (body := wrap(plain)))
    for value in hostile_records.VALUES:
        yield hostile_records.written({"event_id": value, "metadata": {"source": value}}, (",", ":")).encode(
            "utf-8", "surrogatepass"
        )
    for depth in (511, 512, 513):
        yield b"[" * depth + b"]" * depth
        yield b'{"metadata":' * depth + b"1" + b"}" * depth
    yield b'{"event_id":"1","event_id":"2","metadata":{"source":1,"source":2}}'
    yield b'{"timestamp":' + b"9" * 5000 + b"}"


def rows(records: list[Record]) -> bytes:
    """Lay records out as a batch holds them."""
    return b"".join(
        batch_bytes.record(at, at, record.key, record.value, record.headers) for at, record in enumerate(records)
    )


def answers(golden: list[Record]) -> Iterator[bytes]:
    """Yield fetch answers: every compression, control records, aborted data, lying counts and lengths."""
    some = golden[:3]
    lines = [(10 + at, 1_700_000_000_000 + at, one.key, one.value, one.headers) for at, one in enumerate(some)]
    for codec, compress in _CODECS.items():
        yield batch_bytes.batch(10, lines, attributes=codec, compress=compress)
        yield batch_bytes.batch(10, lines, attributes=codec | 0x08) + batch_bytes.batch(20, [(20, 5, None, None, ())])
    yield batch_bytes.batch(10, lines, attributes=0x10, producer=7) + batch_bytes.marker(13, 7, commit=False)
    packed_rows = rows(some)
    for count in (0, 1, 2, 4, 2**31 - 1, -1):
        yield batch_bytes.raw_batch(10, packed_rows, count=count, last=12)
    for cut in (1, len(packed_rows) // 2, len(packed_rows) - 1):
        yield batch_bytes.raw_batch(10, packed_rows[:cut], count=3, last=12)
    yield batch_bytes.raw_batch(10, b"\x82SNAPPY\x00" + bytes(8) + b"\x7f\xff\xff\xff", count=1, last=10, attributes=2)
    yield batch_bytes.raw_batch(10, b"\xff\xff\xff\xff\x0f", count=1, last=10, attributes=2)
