"""Registries that the same tests run on: the strict one, and a real one where ``WORKBENCH_REDPANDA`` names it."""

from __future__ import annotations

import os

import pytest
from registry_server import serving

from workbench.bus.registry import SchemaRegistry
from workbench.config.schema_registry import SchemaRegistrySettings

REAL = os.environ.get("WORKBENCH_REDPANDA", "").strip()


@pytest.fixture(params=["strict", *(["redpanda"] if REAL else [])])
def registry_url(request):
    if request.param == "redpanda":
        yield f"http://{REAL}:8081"
        return
    with serving() as server:
        yield server.url


@pytest.fixture
async def registry(registry_url):
    async with SchemaRegistry(SchemaRegistrySettings(urls=(registry_url,))) as client:
        yield client
