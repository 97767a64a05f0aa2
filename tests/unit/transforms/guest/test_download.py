"""Modules from an https: URL: only with their digest, bounded in size, and never from anything less safe."""

from __future__ import annotations

import hashlib
import ssl

import pytest
import wasmtime
from certificates import Authority
from http_frame import QuietHandler, serving
from wat_guests import guest

from workbench.errors import TransformError
from workbench.transforms.guest import download as downloads
from workbench.transforms.guest.module import read_module

CODE = bytes(wasmtime.wat2wasm(guest()))
PIN = f"#sha256={hashlib.sha256(CODE).hexdigest()}"


def handler(answers):
    class Handler(QuietHandler):
        def answer(self):
            status, headers, body = answers[self.path]
            self.send_body(status, body, "application/wasm", **headers)

        do_GET = answer  # noqa: N815 - a name of the framework

    return Handler


@pytest.fixture
def url(tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    pair = authority.issue("server", "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    answers = {
        "/my%20view.wasm": (200, {}, CODE),
        "/moved": (302, {"Location": "/my%20view.wasm"}, b""),
        "/circle": (307, {"Location": "/circle"}, b""),
        "/down": (302, {"Location": "http://127.0.0.1:9/v.wasm"}, b""),
        "/secret": (302, {"Location": "https://ann:pw@127.0.0.1:9/v.wasm"}, b""),
        "/none": (404, {}, b"no"),
        "/large": (200, {}, bytes(200_000)),
        "/text": (200, {}, b"<html>"),
    }
    with serving(handler(answers), tls=tls) as port:
        yield f"https://127.0.0.1:{port}"


def test_a_module_with_its_digest_is_loaded(url):
    found = read_module(f"{url}/my%20view.wasm{PIN}")
    assert (found.name, found.code) == ("my view", CODE)
    assert read_module(f"{url}/moved{PIN}").code == CODE


def test_the_digest_of_an_unknown_one_is_told(url):
    assert f"#sha256={read_module(f'{url}/my%20view.wasm', allow_download=True).digest}" == PIN


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/my%20view.wasm", "its digest is not named"),
        ("/my%20view.wasm#sha256=12", "its digest is not named"),
        (f"/text{PIN}", "it has the digest sha256=.* and not the one that was named"),
        (f"/none{PIN}", "the server answers 404"),
        (f"/circle{PIN}", "it is redirected more than 5 times"),
        (f"/down{PIN}", "name it as https://host/path"),
        (f"/secret{PIN}", "a URL with credentials: name it as https"),
        (f"/large{PIN}", "it is larger than 100,000 bytes"),
    ],
)
def test_what_is_not_loaded(url, path, reason, monkeypatch):
    monkeypatch.setattr(downloads, "LARGEST_MODULE_BYTES", 100_000)
    with pytest.raises(TransformError, match=reason) as caught:
        read_module(url + path)
    assert "pw" not in str(caught.value)
    assert caught.value.stage == "check"


def test_what_is_loaded_without_a_digest_is_checked_as_any_module(url):
    with pytest.raises(TransformError, match="begins neither as"):
        read_module(f"{url}/text", allow_download=True)


def test_a_server_that_nobody_vouches_for(url, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(TransformError, match=r"was not loaded: .*certificate"):
        read_module(f"{url}/my%20view.wasm{PIN}")


def test_an_endless_answer_ends(url, monkeypatch):
    monkeypatch.setattr(downloads, "SECONDS", -1.0)
    with pytest.raises(TransformError, match="took longer than"):
        read_module(f"{url}/my%20view.wasm{PIN}")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/v.wasm", "https://ann:pw@127.0.0.1/v", "https:///v", "https://[::1", "https:v"]
)
def test_addresses_that_are_not_asked(address):
    with pytest.raises(TransformError, match=r"was not loaded from .* name it as https") as caught:
        read_module(address + PIN)
    assert "pw" not in str(caught.value)
