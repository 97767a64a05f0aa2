"""Reading by offset through the proxy: what it does not tell stays null, and nothing is passed over in silence."""

from __future__ import annotations

import pytest

from workbench.bus.redpanda.proxy import reader as module
from workbench.bus.redpanda.proxy.reader import ProxyReader
from workbench.errors import BrokerUnavailableError, HttpProxyError, UnknownTopicError
from workbench.model.records.chunk import Span
from workbench.model.records.columns import UNTIMED_RECORD
from workbench.model.records.record import TopicPartition


async def read_all(proxy, span, more=None):
    found = []
    async with ProxyReader(proxy, [one for one in (span, more) if one]) as reader:
        while not reader.done:
            found += await reader.read()
    return found


async def test_what_the_proxy_does_not_tell_is_null(proxy, server):
    server.create("t")
    server.write("t", b"v", headers=((b"h", b"1"),), timestamp_ms=1000)
    server.write("t", None, b"", key=b"")
    server.write_aborted("t", b"aborted")
    (chunk,) = await read_all(proxy, Span("t", 0, 0, 4))
    assert chunk.records.schema == UNTIMED_RECORD
    nothing = {"timestamp_ms": None, "timestamp_type": None, "headers": None, "key": None, "partition": 0}
    values = [b"v", None, None, b"aborted"]
    assert chunk.records.to_pylist() == [
        {**nothing, "offset": offset, "value": value} for offset, value in enumerate(values)
    ]
    assert (chunk.start, chunk.next, chunk.end) == (0, 4, 4)


async def test_spans_end_where_they_were_told_and_partitions_go_on_side_by_side(proxy, server):
    server.create("t", 2)
    server.write("t", b"a", b"b", b"c", partition=0)
    server.write("t", b"d", partition=1)
    chunks = await read_all(proxy, Span("t", 0, 1, 2), Span("t", 1, 0, 1))
    assert [(one.partition, one.records["value"].to_pylist()) for one in chunks] == [(0, [b"b"]), (1, [b"d"])]


async def test_an_empty_answer_is_not_the_end_and_is_asked_for_again_later(proxy, server, monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.04)
    server.create("t")
    async with ProxyReader(proxy, [Span("t", 0, 0, None)]) as reader:
        assert await reader.read(max_wait_ms=150) == []
        assert 4 <= server.count("GET") <= 30
        assert reader.positions == {TopicPartition("t", 0): 0}
        server.write("t", b"v")
        (chunk,) = await reader.read(max_wait_ms=2000)
        assert chunk.records["value"].to_pylist() == [b"v"]
        assert not reader.done


async def test_the_limit_is_raised_for_a_record_that_is_larger(proxy, server, monkeypatch):
    monkeypatch.setattr(module, "FETCH_BYTES", 100)
    server.create("t")
    server.write("t", b"x" * 700, b"y")
    chunks = await read_all(proxy, Span("t", 0, 0, 2))
    assert [len(value) for one in chunks for value in one.records["value"].to_pylist()] == [700, 1]
    limits = [int(one.path.rpartition("=")[2]) for one in server.asked]
    assert [limit for limit in limits if limit > 1] == [100, 200, 400, 800]


async def test_a_record_that_no_limit_allows_is_a_gap_if_others_follow(proxy, server, monkeypatch):
    monkeypatch.setattr(module, "MAX_FETCH_BYTES", 200)
    monkeypatch.setattr(module, "FETCH_BYTES", 100)
    server.create("t")
    server.write("t", b"x" * 700, b"y")
    found = await read_all(proxy, Span("t", 0, 0, 2))
    (gap,) = [gap for chunk in found for gap in chunk.gaps]
    assert gap.reason.startswith("oversized")
    assert (gap.start, gap.stop) == (0, 1)
    assert found[-1].records["value"].to_pylist() == [b"y"]


async def test_a_mark_at_the_end_of_the_log_is_no_loss(proxy, server, monkeypatch):
    monkeypatch.setattr(module, "MAX_FETCH_BYTES", 2 << 20)
    server.create("t")
    server.write_aborted("t", b"aborted")
    async with ProxyReader(proxy, [Span("t", 0, 0, None)]) as reader:
        (chunk,) = await reader.read()
        assert chunk.next == 1
        assert await reader.read(max_wait_ms=0) == []
        server.write("t", b"v")
        (chunk,) = await reader.read(max_wait_ms=3000)
    assert (chunk.records["offset"].to_pylist(), chunk.gaps) == ([2], ())


async def test_positions_outside_and_topics_that_are_not_there(proxy, server):
    server.create("t")
    server.write("t", b"a", b"b")
    server.delete_before("t", 1)
    with pytest.raises(HttpProxyError, match=r"Offset 0 of t/0 is not in the log.*start=OFFSET"):
        await read_all(proxy, Span("t", 0, 0, None))
    with pytest.raises(UnknownTopicError) as caught:
        await read_all(proxy, Span("missing", 0, 0, None))
    assert caught.value.topic == "missing"
    server.credentials = "t"
    with pytest.raises(HttpProxyError, match="40101"):
        await read_all(proxy, Span("t", 0, 1, None))


async def test_a_proxy_that_is_away_is_asked_again_and_given_up_at_last(proxy, server, monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    server.create("t")
    server.write("t", b"v")
    server.faults += [(503, b"{}")] * 2
    async with ProxyReader(proxy, [Span("t", 0, 0, None)]) as reader:
        assert await reader.read(max_wait_ms=0) == []
        assert reader.unanswered_s > 0
        assert len(await reader.read(max_wait_ms=3000)) == 1
        assert reader.unanswered_s == 0
        monkeypatch.setattr(module, "GIVE_UP_S", 0)
        server.faults += [(500, b'{"error_code": 50003}')] * 3
        with pytest.raises(BrokerUnavailableError, match="50003"):
            await reader.read(max_wait_ms=3000)


@pytest.mark.parametrize(
    "body",
    [
        b'[{"topic": "other", "partition": 0, "offset": 0}]',
        b'[{"topic": "t", "partition": 1, "offset": 0}]',
        b'[{"topic": "t", "partition": 0, "offset": 1}, {"topic": "t", "partition": 0, "offset": 1}]',
        b'[{"topic": "t", "partition": 0, "offset": 0, "key": "%%"}]',
    ],
)
async def test_records_that_were_not_asked_for_are_refused(proxy, server, body):
    server.faults.append((200, body))
    with pytest.raises(HttpProxyError, match="HTTP proxy answers with"):
        await read_all(proxy, Span("t", 0, 0, None))
