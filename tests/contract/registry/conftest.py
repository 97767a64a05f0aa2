"""Registries that the same tests run on: the strict one, and real ones that switches of the environment name.

``WORKBENCH_REDPANDA=host`` names that of a Redpanda cluster. ``WORKBENCH_REGISTRY`` is the URL of any other.
"""

from __future__ import annotations

import os

import pytest
from redpanda_host import REDPANDA
from registry_server import serving

from workbench.bus.registry import SchemaRegistry
from workbench.config.schema_registry import SchemaRegistrySettings

NAMED = os.environ.get("WORKBENCH_REGISTRY", "").strip()
REAL = [*([REDPANDA.registry_url] if REDPANDA else []), *([NAMED] if NAMED else [])]


@pytest.fixture(params=["strict", *REAL])
def registry_url(request):
    if request.param != "strict":
        yield request.param
        return
    with serving() as server:
        yield server.url


@pytest.fixture
async def registry(registry_url):
    async with SchemaRegistry(SchemaRegistrySettings(urls=(registry_url,))) as client:
        yield client


@pytest.fixture
def gives_reasons(registry_url):
    """Apicurio refuses what is incompatible, and does not say why."""
    return "/apis/ccompat/" not in registry_url
