from __future__ import annotations

import contextlib
import random
import struct
import uuid
from collections import deque
from dataclasses import replace

import pytest
from aiokafka.protocol.fetch import FetchRequest_v4, FetchRequest_v11

from workbench.bus.kafka.fetching.cursors import Buffer, Cursor, FetchedBatches
from workbench.bus.kafka.wire.fetch import (
    FetchPosition,
    PartitionAnswer,
    RawAnswer,
    RawFetchRequest,
    UnreadableAnswerError,
    parse_answer,
)
from workbench.model import Span, TopicPartition

TOPIC = uuid.UUID("0fedcba9-8765-4321-8fed-cba987654321")


def answer(version: int) -> RawAnswer:
    """Two partitions of one topic as a broker of this version lays them out."""
    body = struct.pack(">i", 0)
    if version >= 7:
        body += struct.pack(">hi", 0, 0)
    body += struct.pack(">ih3si", 1, 3, b"abc", 2)
    for partition, error, records in ((0, 0, b"RECORDS"), (4, 6, b"")):
        body += struct.pack(">ihqq", partition, error, 10, 8)
        if version >= 5:
            body += struct.pack(">q", 2)
        body += struct.pack(">iqqqq", 2, 77, 5, 66, 3) if partition == 0 else struct.pack(">i", -1)
        if version >= 11:
            body += struct.pack(">i", -1)
        body += struct.pack(">i", len(records) if records else -1) + records
    return RawAnswer(b"HEAD" + body, 4, version)


@pytest.mark.parametrize("version", [4, 5, 7, 10, 11])
def test_answers_of_each_layout(version):
    raw = answer(version)
    error, (first, second) = parse_answer(raw)
    assert error == 0
    assert raw.data[first.start : first.stop] == b"RECORDS"
    assert first == PartitionAnswer("abc", 0, 0, 10, 8, ((66, 3), (77, 5)), first.start, first.stop)
    assert (second.partition, second.error_code, second.aborted, second.stop - second.start) == (4, 6, (), 0)


def answer_by_id() -> RawAnswer:
    """Two partitions of one topic in the layout of version 13, with tagged fields that are passed over."""
    body = struct.pack(">ihi", 0, 0, 0) + b"\x02" + TOPIC.bytes + b"\x03"
    tags = b"\x01\x01\x03abc"
    body += struct.pack(">ihqqq", 0, 0, 10, 8, 2) + b"\x03" + struct.pack(">qq", 77, 5) + b"\x00"
    body += struct.pack(">qq", 66, 3) + tags + struct.pack(">i", -1) + b"\x08RECORDS" + tags
    body += struct.pack(">ihqqq", 4, 6, 10, 8, 2) + b"\x00" + struct.pack(">i", -1) + b"\x00" + b"\x00"
    return RawAnswer(memoryview(b"HEAD" + body + b"\x00\x00"), 4, 13, {TOPIC.bytes: "abc"})


def test_an_answer_by_topic_id():
    raw = answer_by_id()
    error, (first, second) = parse_answer(raw)
    assert error == 0
    assert bytes(raw.data[first.start : first.stop]) == b"RECORDS"
    assert first == PartitionAnswer("abc", 0, 0, 10, 8, ((66, 3), (77, 5)), first.start, first.stop)
    assert (second.partition, second.error_code, second.aborted, second.stop - second.start) == (4, 6, (), 0)


@pytest.mark.parametrize("version", [4, 5, 7, 11, 13])
def test_damaged_answers_are_refused_and_never_lead_out_of_the_bytes(version):
    source = random.Random(version)  # noqa: S311 - repeatable, not secret
    whole = answer_by_id() if version == 13 else answer(version)
    for _ in range(3000):
        data = bytearray(whole.data)
        for _ in range(source.randrange(1, 4)):
            data[source.randrange(4, len(data))] = source.choice((0, 0x7F, 0x80, 0xFF, source.randrange(256)))
        cut = memoryview(bytes(data[: source.randrange(4, len(data) + 1)]))
        with contextlib.suppress(UnreadableAnswerError):
            for part in parse_answer(replace(whole, data=cut))[1]:
                assert whole.body <= part.start <= part.stop <= len(cut)


def test_topics_are_named_by_id_where_all_ids_are_known_and_the_broker_takes_them():
    positions = [FetchPosition("a", 0, 5, str(TOPIC)), FetchPosition("a", 1, 7, str(TOPIC))]
    limits = {"max_wait_ms": 500, "max_bytes": 1000, "partition_max_bytes": 100}
    request = RawFetchRequest(positions, "read_committed", **limits)
    built = request.prepare({1: (4, 17)})
    assert (built.API_VERSION, built.topics[0][0]) == (13, TOPIC)
    assert [(row[0], row[2]) for row in built.topics[0][1]] == [(0, 5), (1, 7)]
    assert built.encode()
    assert request.prepare({1: (4, 12)}).API_VERSION == 11
    mixed = RawFetchRequest([*positions, FetchPosition("b", 0, 0)], "read_committed", **limits)
    assert mixed.prepare({1: (4, 17)}).API_VERSION == 11


@pytest.mark.parametrize("struct_class", [FetchRequest_v4, FetchRequest_v11])
def test_requests_ask_outside_any_session(struct_class):
    request = RawFetchRequest(
        [FetchPosition("a", 0, 5), FetchPosition("a", 1, 7), FetchPosition("b", 0, 0)],
        "read_committed",
        max_wait_ms=500,
        max_bytes=1000,
        partition_max_bytes=100,
    )
    built = request.build(struct_class)
    assert built.isolation_level == 1
    assert [(topic, [p[0] for p in partitions]) for topic, partitions in built.topics] == [("a", [0, 1]), ("b", [0])]
    assert getattr(built, "session_epoch", -1) == -1
    assert built.encode()


def cursor(*bounds: tuple[int, int | None]) -> Cursor:
    return Cursor(TopicPartition("t", 0), deque(Span("t", 0, start, stop) for start, stop in bounds))


class TestCursor:
    def test_spans_follow_one_another_and_empty_ones_are_passed(self):
        at = cursor((0, 4), (6, 6), (10, 12))
        at.fetched_to(4)
        assert (at.fetch_offset, at.stop, at.exhausted) == (10, 12, False)
        at.fetched_to(12)
        assert at.exhausted

    def test_never_goes_back(self):
        at = cursor((5, None))
        at.fetched_to(3)
        assert at.fetch_offset == 5

    def test_nothing_to_read_is_done_at_once(self):
        assert cursor((5, 5), (3, 1)).done
        assert not cursor((5, None)).done


def test_a_buffer_hands_out_in_order_and_counts_bytes():
    at = cursor((0, None))
    buffer = Buffer()
    buffer.put(FetchedBatches(at, b"", (), n, None, n + 1, 9, size=10) for n in range(4))
    assert buffer.size == 40
    assert [piece.start for piece in buffer.take(1)] == [0]
    assert [piece.start for piece in buffer.take(25)] == [1, 2]
    assert buffer.size == 10
    assert [piece.start for piece in buffer.take(1000)] == [3]
    assert buffer.take(1000) == []
