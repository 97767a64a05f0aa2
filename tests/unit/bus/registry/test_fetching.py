"""Schemas that values name are fetched once each; a registry that is away costs a bounded wait and is said once."""

from __future__ import annotations

import json
import time

import pytest
from listeners import listening, silent

from workbench.bus.registry import SchemaFetcher, SchemaRegistry, fetching
from workbench.config.schema_registry import SchemaRegistrySettings
from workbench.model.schemas import Schema, Schemas

LONG = '"long"'
MONEY = {"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]}
PRICE = {"type": "record", "name": "Price", "fields": [{"name": "net", "type": "Money"}]}
OFFER = {"type": "record", "name": "Offer", "fields": [{"name": "price", "type": "Price"}]}


def needs(name, subject, version=1):
    return [{"name": name, "subject": subject, "version": version}]


async def test_each_id_is_asked_for_once(registry, server):
    ids = {server.add(f"s{size}", {"type": "fixed", "name": "F", "size": size + 1}) for size in range(30)}
    fetcher = SchemaFetcher(registry)
    assert await fetcher.fetch(ids)
    assert fetcher.schemas.by_id.keys() == ids
    assert not await fetcher.fetch([*ids, *ids])
    assert len(server.asked) == 30
    assert fetcher.remark == ""


async def test_references_come_along_through_all_levels(registry, server):
    server.add("money", MONEY)
    server.add("price", PRICE, references=needs("Money", "money"))
    made = server.add("offer", OFFER, references=needs("Price", "price"))
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch([made])
    assert fetcher.schemas.referenced.keys() == {("price", 1), ("money", 1)}


async def test_a_reference_that_is_not_shown_is_asked_for_inside_the_schema(registry, server):
    """As Apicurio answers: nested types are in groups that its interface of Confluent's kind does not show."""
    nested = {"type": "record", "name": "Offer", "fields": [{"name": "price", "type": MONEY}]}
    answers = [{"schema": json.dumps(OFFER), "references": needs("Price", "price")}, {"schema": json.dumps(nested)}]
    first, second = (json.dumps(one).encode() for one in answers)
    server.faults += [(200, first), (404, b'{"error_code": 40401, "message": "no subject price"}'), (200, second)]
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch([3])
    assert fetcher.schemas.by_id == {3: Schema(3, "AVRO", json.dumps(nested))}
    assert (fetcher.schemas.referenced, fetcher.remark) == ({}, "")
    assert server.asked[-1].path == "/schemas/ids/3?format=resolved"


async def test_a_reference_that_is_nowhere_is_a_reason(registry, server):
    body = json.dumps({"schemaType": "JSON", "schema": "{}", "references": needs("a", "a")}).encode()
    server.faults += [(200, body)]
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch([3])
    assert fetcher.schemas.by_id == {}
    assert "40401" in fetcher.schemas.missing[3]


async def test_a_circle_of_references_ends(registry, server):
    body = '{"schema": "\\"int\\"", "references": [{"name": "a", "subject": "a", "version": 1}]}'
    version = '{"subject": "a", "version": 1, "id": 1, ' + body[1:]
    server.faults += [(200, body.encode()), (200, version.encode())]
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch([1])
    assert fetcher.schemas.referenced.keys() == {("a", 1)}


async def test_an_endless_chain_of_references_is_a_reason(registry, server, monkeypatch):
    monkeypatch.setattr(fetching, "REFERENCES_LIMIT", 3)

    def body(number):
        return (
            f'{{"subject": "s{number}", "version": 1, "id": {number}, "schema": "\\"int\\"", '
            f'"references": [{{"name": "n", "subject": "s{number + 1}", "version": 1}}]}}'
        ).encode()

    server.faults += [(200, body(number)) for number in range(1, 10)]
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch([1])
    assert "more than 3" in fetcher.schemas.missing[1]


async def test_an_unknown_id_has_its_reason_and_is_not_asked_again(registry, server):
    made = server.add("s", LONG)
    fetcher = SchemaFetcher(registry)
    assert await fetcher.fetch([made, 77])
    assert not await fetcher.fetch([77])
    assert "Schema 77 not found" in fetcher.schemas.missing[77]
    assert "77 cannot be had" in fetcher.remark
    assert server.count("GET", "/schemas/ids/77") == 1


async def test_values_that_only_look_framed_do_not_flood_the_registry(registry, server, monkeypatch):
    monkeypatch.setattr(fetching, "UNKNOWN_LIMIT", 20)
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch(range(1, 1000))
    await fetcher.fetch(range(1000, 2000))
    assert len(server.asked) <= 20 + fetching.AT_ONCE
    assert "asked for no more" in fetcher.remark


async def test_a_registry_that_is_away_is_asked_once_and_later_again(server, registry, monkeypatch):
    made = server.add("s", LONG)
    async with (
        listening(silent) as port,
        SchemaRegistry(SchemaRegistrySettings(urls=(f"http://127.0.0.1:{port}",))) as away,
    ):
        monkeypatch.setattr(fetching, "WAIT_S", 0.2)
        fetcher = SchemaFetcher(away)
        began = time.monotonic()
        assert await fetcher.fetch([made])
        assert time.monotonic() - began < 2
        began = time.process_time()
        for number in range(2, 200):
            await fetcher.fetch([made, number])
        assert time.process_time() - began < 1
        assert "no answer within 200 ms" in fetcher.schemas.missing[made]
        assert "decode_again" in fetcher.remark
        assert len(fetcher.schemas.missing) == 199
        # It is back.
        fetcher.registry = registry
        monkeypatch.setattr(fetcher, "_wait_s", 10.0)
        monkeypatch.setattr(fetcher, "_ask_again_at", 0.0)
        assert await fetcher.fetch([made])
        assert made in fetcher.schemas.by_id
        assert made not in fetcher.schemas.missing


async def test_texts_that_are_kept_are_bounded(registry, server, monkeypatch):
    monkeypatch.setattr(fetching, "TEXT_CHARACTERS", 30_000)
    ids = [server.add(f"s{n}", {"type": "object", "description": f"{n}" * 10_000}, "JSON") for n in range(1, 5)]
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch(ids)
    assert len(fetcher.schemas.by_id) == 2
    assert all("not kept" in why for why in fetcher.schemas.missing.values())


async def test_reasons_that_are_kept_are_bounded(monkeypatch):
    monkeypatch.setattr(fetching, "MISSING_LIMIT", 50)
    async with SchemaRegistry(SchemaRegistrySettings(urls=("http://127.0.0.1:9",))) as away:
        fetcher = SchemaFetcher(away)
        for start in range(1, 1000, 100):
            await fetcher.fetch(range(start, start + 100))
    assert len(fetcher.schemas.missing) == 50


async def test_known_schemas_are_not_asked_for(registry, server):
    known = Schemas({5: Schema(5, "AVRO", LONG)})
    fetcher = SchemaFetcher(registry, known)
    assert not await fetcher.fetch([5])
    assert server.asked == []


async def test_a_certificate_that_cannot_be_read_ends_nothing(tmp_path):
    settings = SchemaRegistrySettings(urls=("https://127.0.0.1:9",), cafile=tmp_path / "missing.pem")
    async with SchemaRegistry(settings) as registry:
        fetcher = SchemaFetcher(registry)
        await fetcher.fetch([1])
    assert "missing.pem" in fetcher.remark


async def test_a_registry_that_stays_away_is_asked_ever_less_often(registry, server, monkeypatch):
    made = server.add("s", LONG)
    fetcher = SchemaFetcher(registry)
    pauses = []
    for _ in range(8):
        server.faults += [(500, b"{}")] * 3
        monkeypatch.setattr(fetcher, "_ask_again_at", 0.0)
        await fetcher.fetch([made, 2, 3])
        pauses.append(round(fetcher._ask_again_at - time.monotonic()))
    assert pauses == [30, 60, 120, 240, 480, 600, 600, 600]
    monkeypatch.setattr(fetcher, "_ask_again_at", 0.0)
    await fetcher.fetch([made])
    server.faults.append((500, b"{}"))
    await fetcher.fetch([2])
    assert round(fetcher._ask_again_at - time.monotonic()) == 30


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_a_registry_that_refuses_is_away(registry, server, status):
    server.faults.append((status, b"{}"))
    fetcher = SchemaFetcher(registry)
    await fetcher.fetch([1])
    await fetcher.fetch([2])
    assert len(server.asked) == 1
    assert str(status) in fetcher.remark
