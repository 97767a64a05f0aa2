from __future__ import annotations

import pytest
from registry_server import serving

from workbench.bus.registry import SchemaRegistry
from workbench.config.schema_registry import SchemaRegistrySettings


@pytest.fixture
def server():
    with serving() as state:
        yield state


@pytest.fixture
def settings(server):
    def of(**more):
        return SchemaRegistrySettings(**({"urls": (server.url,)} | more))

    return of


@pytest.fixture
async def registry(settings):
    async with SchemaRegistry(settings()) as client:
        yield client
