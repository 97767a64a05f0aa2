"""A broker that advertises an address nobody reaches is named, with the address that sent it, when a log is opened."""

from __future__ import annotations

import asyncio
import gc
import time

import listeners
import pytest

from workbench.bus import open_log
from workbench.errors import BrokerUnavailableError, ConfigurationError


@pytest.mark.parametrize("host", ["kafka.invalid", "broker-1.svc.invalid"])
async def test_an_advertised_name_that_does_not_resolve_is_named_at_once(host):
    began = time.monotonic()
    async with listeners.listening(listeners.kafka(host, 29092)) as port:
        with pytest.raises(BrokerUnavailableError) as caught:
            await open_log(f"127.0.0.1:{port}").__aenter__()
    assert f"broker 7 is advertised as {host}:29092, as 127.0.0.1:{port} says" in str(caught.value)
    assert "does not resolve here" in str(caught.value)
    assert "advertised.listeners" in str(caught.value)
    assert time.monotonic() - began < 3


async def test_an_advertised_port_without_listener_is_named():
    async with listeners.listening(listeners.closing) as gone:
        pass
    async with listeners.listening(listeners.kafka("127.0.0.1", gone)) as port:
        with pytest.raises(BrokerUnavailableError, match=f"advertised as 127.0.0.1:{gone}, as 127.0.0.1:{port} says"):
            await open_log(f"127.0.0.1:{port}").__aenter__()


@pytest.mark.parametrize("file", ["missing.pem", "folder", "garbage.pem"])
def test_a_certificate_file_that_cannot_be_used_is_one_error(tmp_path, file):
    (tmp_path / "folder").mkdir()
    (tmp_path / "garbage.pem").write_text("no certificate")
    log = open_log("127.0.0.1:9092", security_protocol="SSL", cafile=str(tmp_path / file))
    # An error while an object is thrown away would be a warning here, which fails the test.
    with pytest.raises(ConfigurationError, match=file):
        asyncio.run(log.__aenter__())
    gc.collect()
