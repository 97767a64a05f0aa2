"""Writing, reading and the life of a consumer, on every proxy there is."""

from __future__ import annotations

import pytest

from workbench.bus.redpanda.proxy import ProxyRecord
from workbench.errors import HttpProxyError
from workbench.model.records.record import TopicPartition
from workbench.session.watching.via_proxy import follow_proxy


async def code_of(call):
    with pytest.raises(HttpProxyError) as caught:
        await call
    return caught.value.error_code


@pytest.mark.promise("RP-7")
async def test_records_are_written_and_read_by_partition_and_offset(proxy, topic):
    assert await proxy.is_ready()
    assert topic in await proxy.topics()
    assert await proxy.brokers()
    records = [ProxyRecord(value=b"a", key=b"k", partition=1), ProxyRecord(value=b"", partition=1)]
    assert (await proxy.produce(topic, records)).positions == ((1, 0), (1, 1))
    found = await proxy.fetch(topic, 1, 0, timeout_ms=1000)
    assert [(one.offset, one.key, one.value) for one in found] == [(0, b"k", b"a"), (1, None, None)]
    assert await proxy.fetch(topic, 1, 2) == []


@pytest.mark.promise("RP-7")
async def test_the_limits_of_the_proxy_are_said(proxy, topic):
    await proxy.produce(topic, [ProxyRecord(value=b"no json", partition=0)])
    assert await code_of(proxy.fetch(topic, 0, 0, format="json")) == 40801
    assert await code_of(proxy.fetch(topic, 0, 1_000_000)) == 40002
    assert await code_of(proxy.fetch(topic, 9, 0)) == 40402


@pytest.mark.promise("RP-7")
async def test_the_life_of_a_consumer(proxy, topic):
    place = TopicPartition(topic, 0)
    await proxy.produce(topic, [ProxyRecord(value=b"a", partition=0), ProxyRecord(value=b"b", partition=0)])
    async with proxy.consumer(f"{topic}-group") as consumer:
        await consumer.subscribe([topic])
        found = []
        for _ in range(30):
            found += await consumer.fetch(timeout_ms=1000)
            if len(found) == 2:
                break
        assert [one.value for one in found] == [b"a", b"b"]
        await consumer.commit({place: 1})
        assert await consumer.committed([place]) == {place: 1}


@pytest.mark.promise("RP-7")
async def test_topics_are_followed_and_what_is_missing_is_said(proxy, topic):
    await proxy.produce(topic, [ProxyRecord(value=b"%d" % number, partition=number % 2) for number in range(20)])
    notes = []
    found = []
    async for chunk in follow_proxy(proxy, topic, start="-3", stop_at_end=True, note=notes.append):
        found += chunk.records.to_pylist()
    assert notes[0] == "via proxy: no headers, no times, null = empty, uncommitted"
    assert sorted(int(row["value"]) for row in found) == [14, 15, 16, 17, 18, 19]
    assert {row["headers"] for row in found} == {row["timestamp_ms"] for row in found} == {None}
