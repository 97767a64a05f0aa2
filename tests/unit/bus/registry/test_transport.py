"""Requests to a registry: several URLs, credentials, retries, bounded answers, and errors that hold no secret."""

from __future__ import annotations

import json
import logging
import ssl

import pytest
from certificates import Authority
from listeners import banner, closing, listening, silent
from pydantic import SecretStr
from registry_server import serving

from workbench.bus.http import MAX_ANSWER_BYTES
from workbench.bus.registry import transport as module
from workbench.bus.registry.transport import RegistryTransport
from workbench.config.schema_registry import SchemaRegistrySettings
from workbench.errors import ConfigurationError, SchemaRegistryError

SECRET = "hunter2-is-a-secret"  # noqa: S105 - of this test


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", 0.001)


@pytest.fixture
async def transport(settings):
    made = RegistryTransport(settings())
    yield made
    await made.aclose()


async def failure(transport, path="/subjects"):
    with pytest.raises(SchemaRegistryError) as caught:
        await transport.request("GET", path)
    await transport.aclose()
    return caught.value


@pytest.mark.parametrize("fault", [(503, b"busy"), (503, b'{"error_code": 50301, "message": "write collision"}')])
async def test_a_busy_registry_is_asked_three_times_more(transport, server, fault):
    server.faults += [fault] * 3
    assert await transport.request("GET", "/subjects") == []
    assert server.count("GET", "/subjects") == 4
    server.faults += [fault] * 4
    with pytest.raises(SchemaRegistryError) as caught:
        await transport.request("GET", "/subjects")
    assert caught.value.status == 503
    assert server.count("GET", "/subjects") == 8


async def test_other_refusals_are_not_repeated(transport, server):
    server.faults.append((500, b'{"error_code": 50001, "message": "the topic cannot be read"}'))
    error = await failure(transport)
    assert (error.status, error.error_code) == (500, 50001)
    assert "the topic cannot be read" in str(error)
    assert len(server.asked) == 1


async def test_the_next_url_is_asked_where_one_does_not_answer(settings, server):
    async with listening(closing) as port:
        made = RegistryTransport(settings(urls=(f"http://127.0.0.1:{port}", "http://127.0.0.1:9", server.url)))
        assert await made.request("GET", "/subjects") == []
        assert await made.request("GET", "/schemas/types")
        await made.aclose()
    assert len(server.asked) == 2


async def test_when_none_answers_each_is_named_with_its_reason(settings):
    async with listening(silent) as port, listening(banner(b"SSH-2.0-OpenSSH\r\n")) as other:
        urls = (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}", "http://127.0.0.1:9")
        error = await failure(RegistryTransport(settings(urls=urls), timeout_s=0.2))
    assert error.status is None
    assert f"{urls[0]}: no answer within 200 ms" in str(error)
    assert all(url in str(error) for url in urls)


async def test_credentials_are_sent_and_never_shown(settings, server, caplog):
    caplog.set_level(logging.DEBUG)
    server.credentials = ("ann", SECRET)
    made = settings(username="ann", password=SecretStr(SECRET))
    transport = RegistryTransport(made)
    assert await transport.request("GET", "/subjects") == []
    server.faults.append((400, json.dumps({"error_code": 42201, "message": f"you sent {SECRET}"}).encode()))
    error = await failure(transport)
    assert SECRET not in f"{made!r} {transport!r} {error} {error!r} {error.__dict__} {caplog.text}"
    wrong = RegistryTransport(settings(username="ann", password=SecretStr("other")))
    error = await failure(wrong)
    assert (error.status, error.error_code) == (401, 401)
    assert "schema_registry_username" in str(error)
    server.credentials = SECRET
    bearer = RegistryTransport(settings(token=SecretStr(SECRET)))
    assert await bearer.request("GET", "/subjects") == []
    await bearer.aclose()


def test_a_secret_is_not_sent_readably_to_another_machine():
    settings = SchemaRegistrySettings(urls=("http://r.example",), username="ann", password=SecretStr(SECRET))
    with pytest.raises(ConfigurationError, match=r"http://r\.example is not encrypted"):
        RegistryTransport(settings)


async def test_tls_with_the_authority_and_a_client_certificate(tmp_path):
    authority = Authority(tmp_path)
    server_pair, client_pair = authority.issue("registry", "127.0.0.1"), authority.issue("ann")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.certificate)
    tls.load_cert_chain(server_pair.certificate, server_pair.key)
    tls.verify_mode = ssl.CERT_REQUIRED
    with serving(tls=tls) as server:
        given = {"urls": (server.url,), "cafile": authority.certificate}
        keys = {"certfile": client_pair.certificate, "keyfile": client_pair.key}
        made = RegistryTransport(SchemaRegistrySettings(**given, **keys))
        assert await made.request("GET", "/subjects") == []
        await made.aclose()
        assert "does not answer" in str(await failure(RegistryTransport(SchemaRegistrySettings(**given))))
        strange = RegistryTransport(SchemaRegistrySettings(urls=(server.url,)))
        assert "certificate verify failed" in str(await failure(strange))
    with pytest.raises(ConfigurationError, match=r"cafile .*missing\.pem"):
        await RegistryTransport(SchemaRegistrySettings(urls=("https://h",), cafile=tmp_path / "missing.pem")).request(
            "GET", "/"
        )


async def test_a_large_schema_is_read_and_an_endless_answer_is_not(transport, server):
    server.faults.append((200, json.dumps({"schema": "x" * (5 << 20)}).encode()))
    assert len((await transport.request("GET", "/schemas/ids/1"))["schema"]) == 5 << 20

    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
        for _ in range(200):
            writer.write(b"[" * (1 << 20))
            sent.append(1 << 20)
            await writer.drain()

    sent: list[int] = []
    async with listening(endless) as port:
        made = RegistryTransport(SchemaRegistrySettings(urls=(f"http://127.0.0.1:{port}",)))
        assert "(64 MiB)" in str(await failure(made))
    assert sum(sent) < MAX_ANSWER_BYTES + (16 << 20)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html>\x1b[31mlogin", "does not answer with JSON"),
        (200, b"[" * 100_000, "does not answer with JSON"),
        (404, b"\xff\x00<html>", "answers 404"),
        (404, b"[1]", "answers 404"),
        (418, b'{"error_code": true, "message": 7}', "answers 418"),
        (400, json.dumps({"error_code": 42201, "message": "x" * 1_000_000}).encode(), "answers 42201"),
        (307, b"", "answers 307 to ''"),
    ],
)
async def test_hostile_answers_are_a_short_reason(transport, server, status, body, said):
    server.faults.append((status, body))
    text = str(await failure(transport))
    assert said in text
    assert "\x1b" not in text
    assert len(text) < 2_000


async def test_compressed_answers_are_refused():
    async def bomb(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]")

    async with listening(bomb) as port:
        made = RegistryTransport(SchemaRegistrySettings(urls=(f"http://127.0.0.1:{port}",)))
        assert "compressed" in str(await failure(made))
