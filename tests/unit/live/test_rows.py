from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.live.rows import TAIL, detail_of, identities_of, rows_of, shown_body, shown_time, tail_batch
from workbench.model.feeds import Identity
from workbench.model.records.chunk import Chunk
from workbench.model.records.columns import EVENT, RECORD

WHEN = 1_764_043_200_123


def chunk(topic: str, partition: int, first: int, times: list[int], value: bytes | None = b"v") -> Chunk:
    records = pa.RecordBatch.from_pylist(
        [
            {
                "partition": partition,
                "offset": first + index,
                "timestamp_ms": time,
                "timestamp_type": 0,
                "key": b"k",
                "value": value,
                "headers": [{"name": b"h\xff", "value": None}],
            }
            for index, time in enumerate(times)
        ],
        schema=RECORD,
    )
    return Chunk(topic, partition, records, first, first + len(times), first + len(times))


class EveryTypeIsTheTopic:
    def decode(self, records: pa.RecordBatch, topic: str) -> pa.RecordBatch:
        rows = [
            {
                "partition": row["partition"],
                "offset": row["offset"],
                "also_matched": [],
                "id_scope": "none",
                "link_ids": [],
                "causes": [],
                "cause_state": "silent",
                "event_type": f"{topic}.{row['offset']}",
                "tombstone": False,
                "problems": ["bad <b>"] if row["value"] == b"\xff" else [],
            }
            for row in records.to_pylist()
        ]
        return pa.RecordBatch.from_pylist(rows, schema=EVENT)


def test_rows_are_merged_by_time_and_keep_the_order_of_offsets() -> None:
    batch = tail_batch(
        [chunk("a", 0, 10, [100, 50, 300]), chunk("b", 1, 0, [99, 200]), chunk("a", 1, 5, [250])],
        None,
    )
    order = [(i.topic, i.partition, i.offset) for i in identities_of(pa.table(batch))]
    assert order == [("b", 1, 0), ("a", 0, 10), ("a", 0, 11), ("b", 1, 1), ("a", 1, 5), ("a", 0, 12)]
    assert batch.schema == TAIL


def test_decoded_columns_stay_with_their_record() -> None:
    batch = tail_batch([chunk("a", 0, 10, [3, 4]), chunk("b", 0, 7, [1, 2])], EveryTypeIsTheTopic())
    assert batch["event_type"].to_pylist() == ["b.7", "b.8", "a.10", "a.11"]


def test_no_records_make_an_empty_batch() -> None:
    assert tail_batch([chunk("a", 0, 10, [])], EveryTypeIsTheTopic()).num_rows == 0


def test_a_row_shows_text_and_names_what_is_wrong() -> None:
    (row,) = rows_of(pa.table(tail_batch([chunk("t\x1b", 2, 8, [WHEN], b"\xff")], EveryTypeIsTheTopic())))
    assert row.identity == Identity("t\x1b", 2, 8)
    assert row.problem
    assert row.cells == (
        "2025-11-25 04:00:00.123Z",
        r"t\x1b",
        "2",
        "8",
        r"t\x1b.8",
        "k",
        "[bad <b>] 0xff (1 byte, not UTF-8)",
        "",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("timestamp_ms", "shown"),
    [
        (-1, "no time"),
        (-5, "1969-12-31 23:59:59.995Z"),
        (0, "1970-01-01 00:00:00.000Z"),
        (2**62, f"{2**62:,} ms since 1970"),
    ],
)
def test_times(timestamp_ms: int, shown: str) -> None:
    assert shown_time(timestamp_ms) == shown


def test_a_record_in_full() -> None:
    table = pa.table(tail_batch([chunk("orders", 3, 1842, [WHEN], b'{"a":1.10}')], EveryTypeIsTheTopic()))
    detail = detail_of(table)
    assert detail is not None
    assert dict(detail.facts)["record"] == "orders/3@1842"
    assert dict(detail.facts)["time"] == "2025-11-25 04:00:00.123Z (set by the producer)"
    assert detail.headers == (("0x68ff (2 bytes, not UTF-8)", "null"),)
    assert detail.body == '{\n  "a": 1.10\n}'
    assert detail_of(table.slice(0, 0)) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null (a tombstone)"),
        (b"", ""),
        (b"plain\r\ntext\x00", "plain\\r\ntext\\x00"),
        (
            b'{"a":{},"b":[],"c":[1,{"d":"x,y:{"}]}',
            '{\n  "a": {},\n  "b": [],\n  "c": [\n    1,\n    {\n      "d": "x,y:{"\n    }\n  ]\n}',
        ),
        (b"{broken", "{broken"),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_bodies(value: bytes | None, shown: str) -> None:
    assert shown_body(value) == shown


def test_a_huge_body_is_cut_with_its_length() -> None:
    assert shown_body(b"x" * 300_000).endswith("… (300,000 bytes)")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_indenting_changes_no_token(value: object) -> None:
    text = json.dumps(value)
    assert json.loads(shown_body(text.encode())) == value


def test_the_detail_says_how_the_value_was_read():
    facts = [
        ({"format": "json"}, {"format": "json", "envelope": "none"}),
        ({"format": "raw", "convention": "generic_headers"}, {"format": "raw", "envelope": "generic_headers"}),
        (
            {"format": "damaged", "damage": "json: why"},
            {"format": "damaged", "envelope": "none", "damage": "json: why"},
        ),
        ({}, {}),
    ]
    for given_, said in facts:
        row = {
            "topic": "t",
            "partition": 0,
            "offset": 0,
            "timestamp_ms": 0,
            "timestamp_type": 0,
            "headers": [],
            **given_,
        }
        detail = detail_of(pa.Table.from_pylist([row], schema=TAIL))
        assert detail is not None
        assert {name: text for name, text in detail.facts if name in ("format", "envelope", "damage")} == said


@pytest.mark.parametrize(
    ("format_", "value", "shown"),
    [
        ("json", b'\0\0\0\0\x04{"b": 2}', '{"b": 2}'),
        ("json", b'{"b": 2}', '{"b": 2}'),
        ("raw", b'\0\0\0\0\x04{"b"', '\\x00\\x00\\x00\\x00\\x04{"b"'),
        ("json", None, "null"),
    ],
)
def test_json_behind_the_prefix_of_a_registry_is_shown_as_json(format_, value, shown):
    row = {"topic": "t", "partition": 0, "offset": 0, "timestamp_ms": 0, "timestamp_type": 0, "value": value}
    table = pa.Table.from_pylist([row | {"format": format_}], schema=TAIL)
    (made,) = rows_of(table)
    assert made.cells[6] == shown
