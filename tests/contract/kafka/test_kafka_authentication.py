"""Credentials and certificates against a broker of our own that asks for them."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from workbench.bus import open_log
from workbench.bus.kafka import local
from workbench.bus.kafka.local.options import BrokerOptions, SecureListener, TlsFiles
from workbench.bus.kafka.local.ports import free_ports
from workbench.errors import AuthenticationError, WorkbenchError
from workbench.model import NewRecord, Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]

PASSWORD = "right-0ne"  # noqa: S105 - made up
MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and one file with the key in front of it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    both.write_text(key.read_text() + cert.read_text())
    return cert, both


@pytest.fixture(scope="module")
def ports(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Ports of the listeners of a broker, by mechanism, and ``SSL``."""
    cert, both = certificate
    found = dict(zip([*MECHANISMS, "SSL"], free_ports(len(MECHANISMS) + 1), strict=True))
    listeners = [
        SecureListener(name=f"S{i}", port=found[mechanism], protocol="SASL_PLAINTEXT", mechanism=mechanism)
        for i, mechanism in enumerate(MECHANISMS)
    ]
    listeners.append(SecureListener(name="TLS", port=found["SSL"], protocol="SSL"))
    options = BrokerOptions(
        listeners=tuple(listeners), users={"ann": PASSWORD}, tls=TlsFiles(keystore=both, truststore=cert)
    )
    broker = local.up(port=0, data=tmp_path_factory.mktemp("secured"), options=options)
    yield found
    local.down(port=broker.port)


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_the_right_password_opens_everything(mechanism, ports, topic_name, group_name):
    name = topic_name()
    async with open_log(
        f"kafka://127.0.0.1:{ports[mechanism]}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism=mechanism,
        username="ann",
        password=PASSWORD,
    ) as log:
        await log.create_topic(name)
        async with log.writer() as writer:
            await writer.send([NewRecord(name, value=b"v")])
        async with log.reader([Span(name, 0, 0, 1)]) as reader:
            seen = 0
            while not reader.done:
                seen += sum(chunk.records.num_rows for chunk in await reader.read())
        assert seen == 1
        async with log.member(group_name(), [name], start="earliest") as member:
            async with asyncio.timeout(30):
                while not await member.poll():
                    pass


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_wrong_password_is_an_authentication_error(mechanism, ports):
    log = open_log(
        f"kafka://127.0.0.1:{ports[mechanism]}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism=mechanism,
        username="ann",
        password="wr0ng-one",  # noqa: S106 - made up
    )
    with pytest.raises(AuthenticationError) as caught:
        await log.__aenter__()
    assert caught.value.mechanism == mechanism
    assert "wr0ng-one" not in str(caught.value)
    assert re.search(r"user name and password", str(caught.value))


async def test_a_mechanism_the_broker_does_not_offer(ports):
    log = open_log(
        f"kafka://127.0.0.1:{ports['PLAIN']}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        username="ann",
        password=PASSWORD,
    )
    with pytest.raises(AuthenticationError):
        await log.__aenter__()


async def test_no_credentials_where_some_are_needed(ports):
    with pytest.raises(WorkbenchError):
        await open_log(f"kafka://127.0.0.1:{ports['PLAIN']}", connect_timeout_s=3).__aenter__()


class TestTls:
    async def test_a_certificate_that_is_trusted(self, ports, certificate):
        address = f"kafka://127.0.0.1:{ports['SSL']}"
        async with open_log(address, security_protocol="SSL", cafile=certificate[0]) as log:
            assert log.cluster_id

    async def test_a_certificate_that_is_not(self, ports):
        log = open_log(f"kafka://127.0.0.1:{ports['SSL']}", security_protocol="SSL")
        with pytest.raises(AuthenticationError, match="cafile"):
            await log.__aenter__()
