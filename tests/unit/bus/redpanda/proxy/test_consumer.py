"""The life of a consumer instance: created, subscribed, read, committed, expired and made again, deleted."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from workbench.bus.redpanda.proxy import HttpProxy
from workbench.config import HttpProxySettings
from workbench.errors import HttpProxyError, ValidationError
from workbench.model.records.record import TopicPartition

T0 = TopicPartition("t", 0)


@pytest.fixture
def topic(server):
    server.create("t")
    server.write("t", b"a", b"b", b"c")
    return "t"


async def test_the_life_of_a_consumer(proxy, server, topic):
    async with proxy.consumer("g", name="n", fetch_min_bytes=1, request_timeout_ms=100) as consumer:
        body = json.loads(server.asked[0].body)
        assert body == {
            "name": "n",
            "format": "binary",
            "auto.offset.reset": "earliest",
            "auto.commit.enable": "false",
            "fetch.min.bytes": "1",
            "consumer.request.timeout.ms": "100",
        }
        await consumer.subscribe([topic])
        assert [one.value for one in await consumer.fetch()] == [b"a", b"b", b"c"]
        assert await consumer.fetch() == []
        assert await consumer.committed([T0]) == {T0: None}
        await consumer.commit({T0: 2})
        assert await consumer.committed([T0]) == {T0: 2}
        await consumer.commit()
        assert await consumer.committed([T0]) == {T0: 3}
        other = proxy.consumer("g", name="n")
        with pytest.raises(HttpProxyError) as caught:
            await other.create()
        assert (caught.value.status, caught.value.error_code) == (409, 40902)
    assert not server.proxy.instances
    with pytest.raises(HttpProxyError, match="not created, or was deleted"):
        await consumer.fetch()


async def test_an_expired_instance_is_made_again_and_goes_on_from_what_was_committed(proxy, server, topic, caplog):
    async with proxy.consumer("g", name="n") as consumer:
        await consumer.subscribe([topic])
        await consumer.fetch()
        await consumer.commit({T0: 1})
        server.proxy.passed_s += 301
        assert [one.value for one in await consumer.fetch()] == [b"b", b"c"]
        assert consumer.made_again == 1
        assert "had expired" in caplog.text
        server.proxy.passed_s += 301
        with pytest.raises(HttpProxyError, match="Nothing was committed") as caught:
            await consumer.commit()
        assert caught.value.error_code == 40403
        assert await consumer.committed([T0]) == {T0: 1}
        server.proxy.passed_s += 301
        await consumer.subscribe([topic])
        assert consumer.made_again == 3
        server.proxy.passed_s += 301  # deleting one that is gone is no error


async def test_json_consumers_read_json(proxy, server):
    server.create("t")
    server.write("t", b'{"a": 1}')
    async with proxy.consumer("g", format="json") as consumer:
        await consumer.subscribe(["t"])
        assert [one.value for one in await consumer.fetch()] == [{"a": 1}]


async def test_offsets_that_the_proxy_would_store_wrongly_are_refused(proxy, server, topic):
    async with proxy.consumer("g") as consumer:
        await consumer.subscribe([topic])
        for wrong in (2**31, -1):
            with pytest.raises(ValidationError, match="32-bit"):
                await consumer.commit({T0: wrong})
        far = {"topic": "t", "partition": 0, "offset": 2**31, "key": None, "value": None}
        server.faults.append((200, json.dumps([far]).encode()))
        await consumer.fetch()
        with pytest.raises(ValidationError, match="Kafka protocol"):
            await consumer.commit()
    assert server.count("POST", "/offsets") == 0


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example:8082",
        "http://127.0.0.1:99999",
        "ftp://127.0.0.1",
        "http://a@127.0.0.1:8082",
        "nonsense",
    ],
)
async def test_an_instance_elsewhere_is_not_used(proxy, server, topic, address):
    server.advertised = address
    with pytest.raises(HttpProxyError, match="http_proxy_url"):
        await proxy.consumer("g").create()
    assert len(server.asked) == 1


async def test_credentials_do_not_go_readably_to_a_host_of_the_cluster(server):
    settings = HttpProxySettings(
        urls=(server.url,), hosts=("broker-2.example",), username="ann", password=SecretStr("hunter2")
    )
    server.advertised = "http://broker-2.example:8082"
    async with HttpProxy(settings, read_only=False) as proxy:
        with pytest.raises(HttpProxyError, match="without TLS") as caught:
            await proxy.consumer("g").create()
    assert "hunter2" not in str(caught.value)
    assert settings.is_of_cluster("https://broker-2.example:8082/consumers/g")
