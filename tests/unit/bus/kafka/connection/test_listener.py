"""What answers at an address is named, with the setting to change, and soon."""

from __future__ import annotations

import ssl
import time

import certificates
import listeners
import pytest

from workbench.bus import open_log
from workbench.bus.kafka.connection.listener import examine
from workbench.bus.kafka.connection.security import KafkaSecurity
from workbench.errors import AuthenticationError, BrokerUnavailableError

PLAIN = {"sasl_mechanism": "PLAIN", "username": "ann", "password": "x"}
KAFKA = listeners.kafka("127.0.0.1", 1)


@pytest.fixture(scope="module")
def tls(tmp_path_factory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    pair = certificates.Authority(folder).issue("broker", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@pytest.mark.parametrize(
    ("answer", "settings", "words"),
    [
        (listeners.http, {}, "an HTTP server answers there"),
        (listeners.http, {"security_protocol": "SSL"}, "an HTTP server answers there"),
        (listeners.banner(b"SSH-2.0-OpenSSH_9.6\r\n"), {}, "an SSH server answers there"),
        (listeners.banner(b"220 mail \x1b[31m\r\n"), {}, r"no Kafka broker \(it sent '220 mail"),
        (listeners.closing, {}, "closed it at once"),
        (KAFKA, {"security_protocol": "SSL"}, "Set security_protocol PLAINTEXT"),
        (KAFKA, {"security_protocol": "SASL_SSL", **PLAIN}, "Set security_protocol SASL_PLAINTEXT"),
    ],
)
async def test_a_listener_that_is_no_broker_of_these_settings_is_named(answer, settings, words):
    began = time.monotonic()
    async with listeners.listening(answer) as port:
        with pytest.raises(BrokerUnavailableError, match=words) as caught:
            await open_log(f"127.0.0.1:{port}", **settings).__aenter__()
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert time.monotonic() - began < 5


async def test_a_listener_that_wants_a_sign_in_is_named():
    async with listeners.listening(listeners.kafka("127.0.0.1", 1, sasl=True)) as port:
        with pytest.raises(AuthenticationError, match="SASL_PLAINTEXT, sasl_mechanism"):
            await open_log(f"127.0.0.1:{port}").__aenter__()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "answers with TLS.*Set security_protocol SSL"),
        ({"security_protocol": "SASL_PLAINTEXT", **PLAIN}, "answers with TLS.*Set security_protocol SASL_SSL"),
    ],
)
async def test_a_listener_that_speaks_tls_is_named(settings, words, tls):
    async with listeners.listening(KAFKA, tls) as port:
        with pytest.raises(BrokerUnavailableError, match=words):
            await open_log(f"127.0.0.1:{port}", **settings).__aenter__()


async def test_a_missing_client_certificate_is_named(tmp_path):
    authority = certificates.Authority(tmp_path)
    pair = authority.issue("broker", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    async with listeners.listening(KAFKA, context) as port:
        log = open_log(f"127.0.0.1:{port}", security_protocol="SSL", cafile=authority.certificate)
        with pytest.raises(AuthenticationError, match="Set ssl_certfile and ssl_keyfile"):
            await log.__aenter__()


async def test_a_name_that_does_not_resolve_and_a_port_without_listener_are_named():
    with pytest.raises(BrokerUnavailableError, match=r"the name nowhere.invalid does not resolve here"):
        await open_log("nowhere.invalid:9092").__aenter__()
    async with listeners.listening(listeners.closing) as port:
        pass
    with pytest.raises(BrokerUnavailableError, match=f"nothing listens on port {port} of 127.0.0.1"):
        await open_log(f"127.0.0.1:{port}").__aenter__()


async def test_a_silent_listener_is_waited_for_until_the_deadline():
    async with listeners.listening(listeners.silent) as port:
        finding = await examine("127.0.0.1", port, KafkaSecurity())
    assert finding is not None
    assert (finding.cause, finding.final) == ("it took the connection and answers nothing", False)
