"""What another format than JSON reads is shown as JSON; everything else stays as it is."""

from __future__ import annotations

import pyarrow as pa

from workbench.model.records.chunk import Chunk
from workbench.model.records.columns import EVENT, RECORD
from workbench.session.schemas.shown_values import ShownValues


class Decoder:
    remark = "a schema is missing"

    async def prepare(self, chunks):
        self.prepared = len(chunks)

    def decode(self, records, topic):
        rows = [dict.fromkeys(EVENT.names) for _ in range(records.num_rows)]
        for row, value in zip(rows, records.column("value").to_pylist(), strict=True):
            row |= {"partition": 0, "offset": 0, "tombstone": False, "problems": [], "causes": []}
            row["decoded"] = row["decoded_key"] = '{"a": 1}' if value == b"\0" else None
            row["format"] = "json" if value and value[-1:] == b"}" else "raw"
        return pa.RecordBatch.from_pylist(rows, schema=pa.schema([field.with_nullable(True) for field in EVENT]))


def chunk(*values: bytes | None):
    rows = [
        {
            "partition": 0,
            "offset": n,
            "timestamp_ms": 0,
            "timestamp_type": 0,
            "key": None,
            "value": value,
            "headers": [],
        }
        for n, value in enumerate(values)
    ]
    return Chunk("t", 0, pa.RecordBatch.from_pylist(rows, schema=RECORD), 0, len(values), len(values), 0, 0, ())


async def test_decoded_values_take_the_place_of_their_bytes():
    said = []
    shown = ShownValues(Decoder(), said.append)
    for _ in range(2):
        found = await shown.of(chunk(b"\0", b"\xff", None, b"{}", b'\0\0\0\0\x04{"b": 2}', b"\0\0\0\0\x04x"))
        assert found.records.column("value").to_pylist() == [
            b'{"a": 1}', b"\xff", None, b"{}", b'{"b": 2}', b"\0\0\0\0\x04x",
        ]  # fmt: skip
        assert found.records.column("key").to_pylist() == [b'{"a": 1}', *[None] * 5]
        assert found.records.schema == RECORD
    assert said == ["a schema is missing"]
    empty = chunk()
    assert await shown.of(empty) is empty
