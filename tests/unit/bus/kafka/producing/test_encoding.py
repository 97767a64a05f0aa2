from __future__ import annotations

from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bus.kafka.fetching.batch_headers import scan
from workbench.bus.kafka.fetching.batches import decode
from workbench.bus.kafka.producing.encoding import HEADER_BYTES, ProducerFields, encode_batch, size_of, varint
from workbench.model import NewRecord

NAMES = st.binary(max_size=40)
CONTENT = st.none() | st.binary(max_size=300)
RECORDS = st.builds(
    NewRecord,
    topic=st.just("t"),
    key=CONTENT,
    value=CONTENT,
    headers=st.lists(st.tuples(NAMES, CONTENT), max_size=5).map(tuple),
)
TIMES = st.integers(min_value=-1, max_value=1 << 45)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(RECORDS, TIMES), min_size=1, max_size=20))
def test_what_is_encoded_is_decoded_exactly(pairs):
    records, times = [r for r, _ in pairs], [t for _, t in pairs]
    data = encode_batch(records, times, ProducerFields())
    decoded = decode(data, 3, scan(data, 0, len(data)), 0, None)
    found = [
        (r["timestamp_ms"], r["key"], r["value"], tuple((h["name"], h["value"]) for h in r["headers"]))
        for r in decoded.records.to_pylist()
    ]
    assert found == [(t, r.key, r.value, r.headers) for r, t in pairs]
    assert len(data) <= HEADER_BYTES + sum(size_of(r) for r in records)


def test_aiokafkas_parser_reads_it():
    records = [NewRecord("t", b"k", None, ((b"a", b"1"), (b"a", None))), NewRecord("t", None, b"v" * 5000)]
    batch = DefaultRecordBatch(encode_batch(records, [1000, 1000 + 40 * 86_400_000], ProducerFields(9, 2, 17, True)))
    assert batch.validate_crc()
    assert (batch.producer_id, batch.is_transactional, batch.is_control_batch) == (9, True, False)
    assert [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in batch] == [
        (0, 1000, b"k", None, [("a", b"1"), ("a", None)]),
        (1, 1000 + 40 * 86_400_000, None, b"v" * 5000, []),
    ]


def test_varints_at_their_borders():
    assert varint(-1) == b"\x01"
    assert varint(0) == b"\x00"
    assert varint(63) == b"\x7e"
    assert varint(64) == b"\x80\x01"
    assert varint(2047) == b"\xfe\x1f"
    assert varint(2048) == b"\x80\x20"
    assert len(varint(-(1 << 62))) == 9
