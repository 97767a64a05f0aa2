"""The client of the HTTP proxy against a strict server: what it cannot do is visible, and nothing happens twice."""

from __future__ import annotations

import json
import logging

import pytest
from listeners import closing, listening
from pydantic import SecretStr

from workbench.bus.redpanda.proxy import HttpProxy, ProxyRecord
from workbench.errors import ConfigurationError, HttpProxyError, ValidationError

SECRET = "hunter2-is-a-secret"  # noqa: S105 - of this test


async def code_of(call):
    with pytest.raises(HttpProxyError) as caught:
        await call
    return caught.value.status, caught.value.error_code


async def test_topics_brokers_and_readiness(proxy, server):
    server.create("b")
    server.create("a")
    assert await proxy.topics() == ["a", "b"]
    assert await proxy.brokers() == [0]
    assert await proxy.is_ready()
    server.faults.append((503, b"{}"))
    assert not await proxy.is_ready()
    server.faults.append((403, b'{"error_code": 40301, "message": "no"}'))
    assert await code_of(proxy.is_ready()) == (403, 40301)


async def test_positions_are_known_where_every_record_names_its_partition(proxy, server):
    server.create("t", 3)
    server.write("t", b"x", b"y", partition=2)
    records = [ProxyRecord(value=b"a", partition=2), ProxyRecord(value=b"b", partition=0)]
    result = await proxy.produce("t", [*records, ProxyRecord(value=b"c", partition=2)])
    assert [one.partition for one in result.partitions] == [0, 2]
    assert result.positions == ((2, 2), (0, 0), (2, 3))
    # One without a partition may have been put between the others.
    result = await proxy.produce("t", [*records, ProxyRecord(value=b"d")])
    assert result.positions == (None, None, None)
    assert (await proxy.produce("t", [])).positions == ()


async def test_an_error_inside_an_answer_of_200_is_an_error(proxy, server):
    server.create("t", 2)
    server.proxy.partition_faults = {1: 6}
    with pytest.raises(HttpProxyError, match=r"t/1 refused them with NOT_LEADER_OR_FOLLOWER \(6\)") as caught:
        await proxy.produce("t", [ProxyRecord(value=b"a", partition=0), ProxyRecord(value=b"b", partition=1)])
    result = caught.value.result
    assert caught.value.error_code == 6
    assert [one.partition for one in result.failed] == [1]
    assert result.positions == ((0, 0), None)
    with pytest.raises(HttpProxyError, match="UNKNOWN_TOPIC_OR_PARTITION"):
        await proxy.produce("missing", [ProxyRecord(value=b"a", partition=0)])
    server.faults.append((200, b'{"offsets": [{"partition": 0, "offset": 4}]}'))
    with pytest.raises(HttpProxyError, match="t/1: no answer about it"):
        await proxy.produce("t", [ProxyRecord(value=b"a", partition=0), ProxyRecord(value=b"b", partition=1)])


async def test_what_is_left_out_null_and_empty(proxy, server):
    server.create("t")
    await proxy.produce("t", [ProxyRecord(value=b""), ProxyRecord(key=b"k"), ProxyRecord(value=b"v", key=b"\xff")])
    assert server.records("t") == [(b"", b""), (b"k", None), (b"\xff", b"v")]
    found = await proxy.fetch("t", 0, 0)
    assert [(one.key, one.value) for one in found] == [(None, None), (b"k", None), (b"\xff", b"v")]
    with pytest.raises(ValidationError, match="Record 0: binary format has no null key"):
        await proxy.produce("t", [ProxyRecord(key=None, value=b"v")])
    with pytest.raises(ValidationError, match="bytes"):
        await proxy.produce("t", [ProxyRecord(value="text")])


async def test_json_is_stored_as_its_text(proxy, server):
    server.create("t")
    await proxy.produce("t", [ProxyRecord(key="k", value={"a": [1, None]}), ProxyRecord(value=None)], format="json")
    assert server.records("t") == [(b'"k"', b'{"a":[1,null]}'), (b"", b"null")]
    assert [(one.key, one.value) for one in await proxy.fetch("t", 0, 0, format="json")] == [
        ("k", {"a": [1, None]}),
        (None, None),
    ]
    server.write("t", b"no json")
    assert await code_of(proxy.fetch("t", 0, 0, format="json")) == (408, 40801)
    assert len(await proxy.fetch("t", 0, 0)) == 3
    for value in (float("nan"), b"bytes", {1, 2}, "\ud800"):
        with pytest.raises(ValidationError, match="as JSON"):
            await proxy.produce("t", [ProxyRecord(value=value)], format="json")
    with pytest.raises(ValidationError, match="no format"):
        await proxy.produce("t", [ProxyRecord(value=1)], format="avro")


@pytest.mark.parametrize("partition", [-1, 2**31, True, "0"])
async def test_a_partition_is_a_number(proxy, server, partition):
    with pytest.raises(ValidationError, match="no number of a partition"):
        await proxy.produce("t", [ProxyRecord(value=b"", partition=partition)])
    assert not server.asked


async def test_fetching_by_offset(proxy, server):
    server.create("t")
    server.write("t", b"0", b"11", b"x" * 1000)
    server.write_aborted("t", b"aborted")
    records = await proxy.fetch("t", 0, 1)
    assert [(one.offset, one.value) for one in records] == [(1, b"11"), (2, b"x" * 1000), (3, b"aborted")]
    assert await proxy.fetch("t", 0, 2, max_bytes=100) == []
    assert await proxy.fetch("t", 0, 5) == []
    assert await code_of(proxy.fetch("t", 0, 6)) == (400, 40002)
    server.delete_before("t", 1)
    assert await code_of(proxy.fetch("t", 0, 0)) == (400, 40002)
    assert await code_of(proxy.fetch("t", 1, 0)) == (404, 40402)
    for wrong in ({"max_bytes": 0}, {"max_bytes": 65 << 20}, {"timeout_ms": -1}, {"timeout_ms": 10**6}):
        with pytest.raises(ValidationError):
            await proxy.fetch("t", 0, 0, **wrong)


async def test_names_of_topics_are_encoded(proxy, server):
    server.faults.append((200, b"[]"))
    await proxy.fetch("a/b ?#", 0, 0)
    assert server.asked[0].path.startswith("/topics/a%2Fb%20%3F%23/partitions/0/records?offset=0&")
    with pytest.raises(ValidationError, match="not empty"):
        await proxy.fetch("", 0, 0)


async def test_a_read_only_client_changes_nothing(settings, server):
    async with HttpProxy(settings()) as proxy:
        assert "read-only" in repr(proxy)
        with pytest.raises(ConfigurationError, match=r"does not write records.*write=True"):
            await proxy.produce("t", [ProxyRecord(value=b"")])
        with pytest.raises(ConfigurationError, match="does not join a consumer group"):
            proxy.consumer("g")
    assert not server.asked


async def test_records_are_sent_once_even_where_the_answer_is_lost(settings, server):
    server.create("t")
    async with listening(closing) as port:
        urls = (f"http://127.0.0.1:{port}", server.url)
        async with HttpProxy(settings(urls=urls), read_only=False) as proxy:
            with pytest.raises(HttpProxyError, match=r"no whole answer.*not known whether"):
                await proxy.produce("t", [ProxyRecord(value=b"v")])
    assert not server.asked
    # A server that was never reached has done nothing, so the next one is asked.
    async with HttpProxy(settings(urls=("http://127.0.0.1:9", server.url)), read_only=False) as proxy:
        assert (await proxy.produce("t", [ProxyRecord(value=b"v", partition=0)])).positions == ((0, 0),)
    server.silent_s = 0.5
    async with HttpProxy(settings(), read_only=False, timeout_s=0.1) as proxy:
        with pytest.raises(HttpProxyError, match="no answer within 100 ms"):
            await proxy.produce("t", [ProxyRecord(value=b"v")])
    assert server.count("POST") == 2


async def test_credentials_are_sent_and_never_shown(settings, server, caplog):
    caplog.set_level(logging.DEBUG)
    server.credentials = ("ann", SECRET)
    async with HttpProxy(settings(username="ann", password=SecretStr(SECRET))) as proxy:
        assert await proxy.topics() == []
        server.faults.append((400, json.dumps({"error_code": 40002, "message": f"you sent {SECRET}"}).encode()))
        with pytest.raises(HttpProxyError) as caught:
            await proxy.topics()
        assert SECRET not in f"{proxy!r} {caught.value} {caught.value.__dict__} {caplog.text}"
    async with HttpProxy(settings()) as proxy:
        assert await code_of(proxy.topics()) == (401, 40101)
    server.credentials = SECRET
    async with HttpProxy(settings(token=SecretStr(SECRET))) as proxy:
        assert await proxy.topics() == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[1]",
        b'[{"topic": "t", "partition": 0}]',
        b'[{"topic": "t", "partition": 0, "offset": -1, "key": null, "value": null}]',
        b'[{"topic": "t", "partition": 0, "offset": 9223372036854775808}]',
        b'[{"topic": "t", "partition": true, "offset": 0}]',
        b'[{"topic": 1, "partition": 0, "offset": 0}]',
        b'[{"topic": "t", "partition": 0, "offset": 0, "value": "not base64!"}]',
        b'[{"topic": "t", "partition": 0, "offset": 0, "value": 7}]',
        b"[" * 100_000,
        b"<html>",
        b"\xff",
    ],
)
async def test_answers_are_not_taken_on_trust(proxy, server, body):
    server.faults.append((200, body))
    with pytest.raises(HttpProxyError, match="HTTP proxy"):
        await proxy.fetch("t", 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"offsets": 1}',
        b'{"offsets": [{"partition": 0, "offset": 0}, {"partition": 0, "offset": 1}]}',
        b'{"offsets": [{"partition": 0, "offset": 0, "error_code": "x"}]}',
        b'{"offsets": [{"partition": 0, "offset": -1}]}',
    ],
)
async def test_answers_about_written_records_are_not_taken_on_trust(proxy, server, body):
    server.faults.append((200, body))
    with pytest.raises(HttpProxyError, match="HTTP proxy answers with"):
        await proxy.produce("t", [ProxyRecord(value=b"")])
