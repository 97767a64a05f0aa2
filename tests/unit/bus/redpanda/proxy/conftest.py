from __future__ import annotations

import pytest
from proxy_server import serving_proxy

from workbench.bus.redpanda.proxy import HttpProxy
from workbench.config import HttpProxySettings


@pytest.fixture
def server():
    with serving_proxy() as state:
        yield state


@pytest.fixture
def settings(server):
    def of(**more):
        return HttpProxySettings(**({"urls": (server.url,)} | more))

    return of


@pytest.fixture
async def proxy(settings):
    async with HttpProxy(settings(), read_only=False) as client:
        yield client
