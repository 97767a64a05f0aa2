"""The client keeps what never changes, asks in its context, and refuses what a registry would misread."""

from __future__ import annotations

import pytest

from workbench.bus.registry import SchemaRegistry, client
from workbench.errors import SchemaRegistryError, ValidationError

LONG, INT = '"long"', '"int"'


async def test_an_id_is_asked_for_once_and_latest_again_after_a_minute(registry, server, monkeypatch):
    made = server.add("s", INT)
    for _ in range(3):
        await registry.by_id(made)
        assert (await registry.version("s")).version == 1
        await registry.version("s", 1)
    assert len(server.asked) == 2
    server.add("s", LONG)
    assert (await registry.version("s")).version == 1
    monkeypatch.setattr(client, "LATEST_S", 0.0)
    assert (await registry.version("s")).version == 2


async def test_what_it_registered_is_the_latest(registry, server):
    server.add("s", INT)
    assert (await registry.version("s")).version == 1
    await registry.register("s", LONG, "AVRO")
    assert (await registry.version("s")).version == 2


async def test_memory_is_bounded(registry, server, monkeypatch):
    monkeypatch.setattr(client, "_KEPT", 2)
    for size in range(1, 5):
        await registry.by_id(server.add("s" + str(size), {"type": "fixed", "name": "F", "size": size}))
    assert len(registry._by_id) == 2


async def test_a_context_has_its_own_ids(registry, server, settings):
    server.add("s", INT)
    server.add("s", LONG, context=".test")
    async with SchemaRegistry(settings(context=".test")) as other:
        assert (await other.by_id(1)).text == LONG
        assert (await other.version("s")).schema.text == LONG
        assert ".test" in repr(other)
    assert (await registry.by_id(1)).text == INT
    assert await registry.register(":.test:t", INT, "AVRO", context="") == 2
    assert await registry.register("u", INT, "AVRO", context=".test") == 2


async def test_a_version_is_a_number_or_latest(registry):
    for wrong in (0, -1, "1.5", "newest", True):
        with pytest.raises(ValidationError, match="is no version"):
            await registry.version("s", wrong)
    with pytest.raises(ValidationError, match="not empty"):
        await registry.versions("")


async def test_without_a_question_for_readiness_its_types_are_asked_for(registry, server):
    server.faults.append((404, b"{}"))
    assert await registry.is_ready()
    server.faults.append((500, b"{}"))
    assert not await registry.is_ready()
    server.faults.append((401, b"{}"))
    with pytest.raises(SchemaRegistryError):
        await registry.is_ready()


def test_it_shows_its_urls(registry, server):
    assert repr(registry) == f"<SchemaRegistry {server.url}>"
