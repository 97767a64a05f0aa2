"""The log over the proxy finds topics, partitions and bounds, and refuses what the proxy cannot do."""

from __future__ import annotations

import pytest

from workbench.bus.protocols import AtCommitted, AtTime
from workbench.bus.redpanda.proxy.log import ProxyLog
from workbench.errors import BrokerUnavailableError, ConfigurationError, UnknownTopicError, WindowError
from workbench.lag.sampler import LagSampler
from workbench.model.records.chunk import Span
from workbench.model.records.record import TopicPartition

T0 = TopicPartition("t", 0)


@pytest.fixture
def log(proxy):
    return ProxyLog(proxy, lambda name: name == "t")


async def test_topics_and_partitions_are_found_and_found_again(log, server):
    server.create("t", 3)
    server.create("other")
    assert await log.topic_names() == ["other", "t"]
    (info,) = await log.describe()
    assert (info.name, [one.partition for one in info.partitions]) == ("t", [0, 1, 2])
    assert [one.name for one in await log.describe(["other", "missing"])] == ["other"]
    server.run(server.proxy.log.add_partitions("t", 5))
    assert len((await log.describe())[0].partitions) == 5


async def test_bounds_are_found_and_shown(log, server):
    server.create("t")
    server.write("t", *[b"v"] * 700)
    assert "ends" not in log.provenance
    assert await log.offsets([T0], "earliest") == {T0: 0}
    assert await log.offsets([T0], "latest") == {T0: 700}
    assert log.provenance == (
        "via proxy: no headers, no times, null = empty, uncommitted; ends of 1 partition found by trying offsets"
    )
    asked = len(server.asked)
    server.write("t", b"v")
    assert await log.offsets([T0], "latest") == {T0: 701}
    assert len(server.asked) - asked <= 4
    with pytest.raises(UnknownTopicError):
        await log.offsets([TopicPartition("t", 7)], "latest")


async def test_without_offset_0_the_user_is_asked_for_one(log, proxy, server):
    server.create("t")
    server.write("t", *[b"v"] * 10)
    server.delete_before("t", 4)
    with pytest.raises(ConfigurationError, match=r"Offset 0 is in t/0|start=OFFSET"):
        await log.offsets([T0], "latest")
    with_one = ProxyLog(proxy, lambda _: True, inside=6)
    assert await with_one.offsets([T0], "earliest") == {T0: 6}
    assert await with_one.offsets([T0], "latest") == {T0: 10}
    with pytest.raises(ConfigurationError, match="either offset 0 nor 99"):
        await ProxyLog(proxy, lambda _: True, inside=99).offsets([T0], "earliest")


async def test_times_and_groups_are_not_known(log):
    for at in (AtTime(0), AtCommitted("g")):
        with pytest.raises(WindowError, match="does not tell"):
            await log.offsets([T0], at)


async def test_a_proxy_that_is_away_is_a_broker_that_is_away(log, server):
    server.faults.append((503, b'{"error_code": 50302, "message": "no broker"}'))
    with pytest.raises(BrokerUnavailableError, match="50302"):
        await log.topic_names()


async def test_lag_capture_and_replay_are_refused(log, server):
    with pytest.raises(ConfigurationError, match="so there is no lag"):
        await LagSampler(log, groups="*", topics="*").round()
    with pytest.raises(ConfigurationError, match="nothing is captured"):
        log.reader([Span("t", 0, 0, 1)])
    with pytest.raises(ConfigurationError, match="write or replay"):
        log.writer()
    with pytest.raises(ConfigurationError, match="join a group"):
        log.member("g", ["t"])
    refused = [
        log.broker_settings([]),
        log.describe_groups([]),
        log.committed("g"),
        log.commit_offsets("g", {}),
        log.create_topic("t"),
        log.add_partitions("t", 2),
        log.alter_config("t", {}),
        log.delete_group("g"),
        log.delete_topic("t"),
        log.delete_records({}),
    ]
    for call in refused:
        with pytest.raises(ConfigurationError, match="Kafka protocol"):
            await call
    assert {one.method for one in server.asked} <= {"GET"}
