from __future__ import annotations

import asyncio
import gc
import time
import uuid

import pytest

from workbench.bus import open_log
from workbench.bus.kafka import KafkaLog
from workbench.bus.protocols import AtTime, GroupMember, Reader, RecordLog, Writer
from workbench.errors import (
    BrokerUnavailableError,
    ConfigurationError,
    OffsetOutOfRangeError,
    TopicExistsError,
    UnknownTopicError,
    WorkbenchError,
)
from workbench.model import NewRecord, TopicPartition

pytestmark = pytest.mark.broker


async def test_it_is_a_record_log(log, topic, group_name):
    name = await topic()
    assert isinstance(log, RecordLog)
    assert isinstance(log.reader([]), Reader)
    assert isinstance(log.writer(), Writer)
    assert isinstance(log.member(group_name(), [name]), GroupMember)
    assert log.cluster_id


async def test_topics_with_ids_bounds_and_settings(log, topic):
    name = await topic(partitions=3, retention_ms="123456")
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"v", partition=1) for _ in range(5)])
    await log.delete_records({TopicPartition(name, 1): 2})
    (info,) = await log.describe([name, "no-such-topic-here"])
    assert info.name == name
    assert uuid.UUID(info.topic_id)
    assert [(p.partition, p.begin, p.end) for p in info.partitions] == [(0, 0, 0), (1, 2, 5), (2, 0, 0)]
    assert info.partitions[0].leader in info.partitions[0].isr
    assert (info.config["retention.ms"].value, info.config["retention.ms"].default) == ("123456", False)
    assert info.config["cleanup.policy"].default
    assert (info.internal, info.unavailable, info.replication_factor) == (False, (), 1)
    assert name in [topic.name for topic in await log.describe()]
    assert await log.describe([]) == []


async def test_a_topic_recreated_has_another_id(log, topic_name):
    name = topic_name()
    ids = set()
    for _ in range(2):
        await log.create_topic(name)
        ids.add((await log.describe([name]))[0].topic_id)
        await log.delete_topic(name)
    assert len(ids) == 2
    assert await log.describe([name]) == []


async def test_creating_twice_and_badly(log, topic, topic_name):
    name = await topic()
    with pytest.raises(TopicExistsError) as caught:
        await log.create_topic(name)
    assert caught.value.topic == name
    with pytest.raises(ConfigurationError, match="INVALID_CONFIG"):
        await log.create_topic(topic_name(), config={"no.such.setting": "1"})
    with pytest.raises(ConfigurationError):
        await log.create_topic("bad name!")
    with pytest.raises(ConfigurationError):
        await log.create_topic(topic_name(), replication_factor=9)
    with pytest.raises(UnknownTopicError):
        await log.delete_topic(topic_name())


async def test_growing(log, topic, topic_name):
    name = await topic(partitions=1)
    await log.add_partitions(name, 4)
    assert len((await log.describe([name]))[0].partitions) == 4
    with pytest.raises(ConfigurationError):
        await log.add_partitions(name, 2)
    with pytest.raises(UnknownTopicError):
        await log.add_partitions(topic_name(), 2)


async def test_offsets_at_times(log, topic):
    name = await topic(partitions=2)
    zero, one = TopicPartition(name, 0), TopicPartition(name, 1)
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"v", partition=0, timestamp_ms=1000 * i) for i in range(1, 6)])
    assert await log.offsets([zero, one], AtTime(2500)) == {zero: 2, one: 0}
    assert await log.offsets([zero, one], AtTime(3000)) == {zero: 2, one: 0}
    assert await log.offsets([zero], AtTime(0)) == {zero: 0}
    assert await log.offsets([zero], AtTime(9999)) == {zero: 5}
    assert await log.offsets([zero, one], "earliest") == {zero: 0, one: 0}
    assert await log.offsets([], "latest") == {}


async def test_offsets_of_what_is_not_there_name_what_is(log, topic):
    name = await topic(partitions=2)
    with pytest.raises(UnknownTopicError) as caught:
        await log.offsets([TopicPartition(f"{name}x", 0)], "latest")
    assert name in caught.value.similar
    with pytest.raises(UnknownTopicError, match="no partition 5"):
        await log.offsets([TopicPartition(name, 5)], "latest")


async def test_records_deleted_beyond_the_end(log, topic):
    name = await topic()
    with pytest.raises(OffsetOutOfRangeError) as caught:
        await log.delete_records({TopicPartition(name, 0): 99})
    assert (caught.value.offset, caught.value.low, caught.value.high) == (99, 0, 0)


class TestNobodyThere:
    async def test_refused_at_once_names_the_addresses(self, unused_tcp_port):
        with pytest.raises(BrokerUnavailableError) as caught:
            await open_log(f"kafka://127.0.0.1:{unused_tcp_port}").__aenter__()
        assert caught.value.addresses == [f"127.0.0.1:{unused_tcp_port}"]
        assert str(unused_tcp_port) in str(caught.value)

    async def test_a_port_that_never_answers(self):
        async def swallow(reader, writer) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(swallow, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        started = time.monotonic()
        async with server:
            with pytest.raises(BrokerUnavailableError):
                await open_log(f"kafka://127.0.0.1:{port}", connect_timeout_s=0.5).__aenter__()
        assert time.monotonic() - started < 10

    async def test_the_second_address_is_tried(self, unused_tcp_port, kafka_address):
        async with open_log(f"kafka://127.0.0.1:{unused_tcp_port},{kafka_address}") as log:
            assert log.cluster_id

    async def test_tls_towards_a_plain_port(self, kafka_address):
        with pytest.raises(WorkbenchError):
            await open_log(f"kafka://{kafka_address}", security_protocol="SSL", connect_timeout_s=2).__aenter__()

    async def test_sasl_towards_a_plain_port(self, kafka_address):
        log = open_log(
            f"kafka://{kafka_address}",
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="PLAIN",
            username="u",
            password="p",  # noqa: S106 - made up
            connect_timeout_s=2,
        )
        with pytest.raises(WorkbenchError) as caught:
            await log.__aenter__()
        assert "password='p'" not in str(caught.value)


class TestLife:
    async def test_closed_twice_and_used_after(self, kafka_address):
        log = open_log(kafka_address)
        async with log:
            pass
        await log.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await log.describe()
        with pytest.raises(RuntimeError, match="cannot be opened"):
            await log.__aenter__()

    async def test_opened_twice(self, log):
        with pytest.raises(RuntimeError, match="cannot be opened"):
            await log.__aenter__()

    async def test_one_forgotten_warns(self, kafka_address):
        log = KafkaLog(kafka_address)
        await log.open()
        connections = log._session.connections
        with pytest.warns(ResourceWarning, match="was not closed"):  # noqa: PT031 - forgetting takes two steps
            del log
            gc.collect()
        await connections.aclose()


async def test_settings_of_the_brokers(log):
    found = await log.broker_settings(["producer.id.expiration.ms", "no.such.setting"])
    assert list(found.values()) == [{"producer.id.expiration.ms": "86400000"}]


async def test_the_clock_of_the_controller_is_this_machines(log):
    found = await log.clock_offset()
    assert found is not None
    assert abs(found.offset_ms) <= found.error_ms + 50
