"""Settings of an HTTP proxy: by profile, by environment, by URL; contradictions and readable secrets are refused."""

from __future__ import annotations

import pytest

from workbench.config import http_proxy_settings, resolve
from workbench.errors import ConfigurationError

PROFILE = """
[clusters.here]
address = "redpanda://broker-1.example:9092,broker-2.example:9092"
ssl_cafile = "certs/ca.pem"
http_proxy_url = "https://p1.example:8082, https://p2.example:8082/"
http_proxy_username = "ann"
http_proxy_password_env = "PROXY_PASSWORD"
"""
SECRET = {"PROXY_PASSWORD": "hunter2"}


def test_a_profile_brings_urls_credentials_certificates_and_hosts(folder):
    settings = resolve("here", SECRET, folder=folder(PROFILE)).http_proxy
    assert settings.urls == ("https://p1.example:8082", "https://p2.example:8082")
    assert (settings.username, settings.password.get_secret_value()) == ("ann", "hunter2")
    assert settings.cafile.name == "ca.pem"
    assert settings.hosts == ("broker-1.example", "broker-2.example")
    assert "hunter2" not in repr(settings)


def test_the_environment_brings_one_for_profiles_without_and_bare_addresses(folder):
    environ = {"WORKBENCH_HTTP_PROXY_URL": "https://p.example", "WORKBENCH_HTTP_PROXY_TOKEN": "t"}
    where = folder("[clusters.plain]\naddress = 'localhost'")
    for name in ("plain", "redpanda://localhost:1"):
        settings = resolve(name, environ, folder=where).http_proxy
        assert (settings.urls, settings.token.get_secret_value()) == (("https://p.example",), "t")
    assert resolve("localhost", {}, folder=where).http_proxy is None


@pytest.mark.parametrize(
    ("lines", "environ", "said"),
    [
        ("http_proxy_username = 'a'", {}, "http_proxy_username needs http_proxy_url"),
        ("http_proxy_url = 'p'", {}, r"here\.http_proxy_url: 'p' is no URL of the HTTP proxy"),
        ("http_proxy_url = 'http://a:b@p'", {}, "http_proxy_password_env"),
        ("http_proxy_password = 'x'", {}, "http_proxy_password_env"),
        ("http_proxy_url='http://p.example'\nhttp_proxy_token_env='T'", {"T": "t"}, "not encrypted"),
        ("http_proxy_url='http://127.0.0.1'\nhttp_proxy_username='a'", {}, "the HTTP proxy needs a user name and a"),
    ],
)
def test_contradictions_are_named(folder, lines, environ, said):
    with pytest.raises(ConfigurationError, match=said):
        resolve("here", environ, folder=folder(f"[clusters.here]\naddress = 'localhost'\n{lines}"))


def test_a_proxy_elsewhere_needs_trust(folder):
    text = "[clusters.here]\naddress = 'localhost'\nhttp_proxy_url = 'https://p.example'"
    with pytest.raises(ConfigurationError, match="workbench trust"):
        resolve("here", {}, folder=folder(text, trust=False))
    local = text.replace("https://p.example", "http://127.0.0.1:8082")
    assert resolve("here", {}, folder=folder(local, trust=False)).http_proxy.is_loopback


def test_settings_without_a_connection(folder, monkeypatch):
    monkeypatch.chdir(folder(PROFILE))
    assert http_proxy_settings("here", SECRET).username == "ann"
    environ = {"WORKBENCH_HTTP_PROXY_URL": "https://p.example", "WORKBENCH_HTTP_PROXY_TOKEN": "t"}
    assert http_proxy_settings(None, environ).token is not None
    assert http_proxy_settings("https://p.example", environ).token is not None
    assert http_proxy_settings("https://other.example", environ).token is None
    with pytest.raises(ConfigurationError, match="No HTTP proxy is known"):
        http_proxy_settings(None, {})
