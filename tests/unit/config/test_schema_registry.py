"""Settings of a schema registry: URLs are checked, and credentials go only where they were given for."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from workbench.config import load_settings, registry_settings, resolve, with_registry
from workbench.config.schema_registry import SchemaRegistrySettings, registry_urls
from workbench.errors import ConfigurationError

PROFILE = """
[clusters.here]
address = "localhost:9092"
ssl_cafile = "certs/ca.pem"
schema_registry_url = "https://r1.example:8081, https://r2.example/path/"
schema_registry_context = ".staging"
schema_registry_username = "ann"
schema_registry_password_env = "REGISTRY_PASSWORD"
"""
TWO_PASSWORDS = """
schema_registry_url = "https://r"
schema_registry_password_env = "P"
schema_registry_password_keyring = "k"
"""
TWO_WAYS = """
schema_registry_url = "https://r"
schema_registry_username = "a"
schema_registry_password_env = "P"
schema_registry_token_env = "P"
"""
SECRET = {"REGISTRY_PASSWORD": "hunter2"}


def test_a_profile_brings_urls_credentials_and_certificates(folder):
    settings = resolve("here", SECRET, folder=folder(PROFILE)).schema_registry
    assert settings.urls == ("https://r1.example:8081", "https://r2.example/path")
    assert (settings.context, settings.username) == (".staging", "ann")
    assert settings.password.get_secret_value() == "hunter2"
    assert settings.cafile.name == "ca.pem"
    assert "hunter2" not in repr(settings)


def test_the_environment_brings_one_for_profiles_without_and_bare_addresses(folder):
    environ = {
        "WORKBENCH_SCHEMA_REGISTRY_URL": "https://r.example",
        "WORKBENCH_SCHEMA_REGISTRY_USERNAME": "bob",
        "WORKBENCH_SCHEMA_REGISTRY_PASSWORD": "secret",
    }
    where = folder("[clusters.plain]\naddress = 'localhost'")
    for name in ("plain", "kafka://localhost:1"):
        settings = resolve(name, environ, folder=where).schema_registry
        assert (settings.urls, settings.username) == (("https://r.example",), "bob")
    token = {"WORKBENCH_SCHEMA_REGISTRY_URL": "https://r", "WORKBENCH_SCHEMA_REGISTRY_TOKEN": "t"}
    assert resolve("localhost", token, folder=where).schema_registry.token.get_secret_value() == "t"
    assert resolve("localhost", {}, folder=where).schema_registry is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No URL"),
        ("r.example:8081", "is no URL"),
        ("ftp://r", "is no URL"),
        ("http://", "is no URL"),
        ("http://r:99999", "is no URL"),
        ("http://[::1", "is no URL"),
        ("http://ann:hunter2@r", "schema_registry_password_env"),
        ("http://r?x=1", "ends before"),
        (7, "is text"),
    ],
)
def test_what_is_no_url_is_refused(text, said):
    with pytest.raises(ConfigurationError, match=said) as caught:
        registry_urls(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "environ", "said"),
    [
        ("schema_registry_username = 'a'", {}, "needs schema_registry_url"),
        ("schema_registry_url = 'r'", {}, r"here\.schema_registry_url: 'r' is no URL"),
        ("schema_registry_password = 'x'", {}, "schema_registry_password_env"),
        ("schema_registry_url='http://127.0.0.1'\nschema_registry_username='a'", {}, "and a password together"),
        (
            "schema_registry_url='http://r.example'\nschema_registry_token_env='T'",
            {"T": "t"},
            r"not encrypted.*secrets_without_tls",
        ),
        (
            TWO_PASSWORDS,
            {},
            "not both",
        ),
        (
            TWO_WAYS,
            {"P": "p"},
            "not both",
        ),
    ],
)
def test_contradictions_are_named(folder, lines, environ, said):
    with pytest.raises(ConfigurationError, match=said):
        resolve("here", environ, folder=folder(f"[clusters.here]\naddress = 'localhost'\n{lines}"))


def test_a_registry_elsewhere_needs_trust(folder):
    text = "[clusters.here]\naddress = 'localhost'\nschema_registry_url = 'https://r.example'"
    with pytest.raises(ConfigurationError, match="workbench trust"):
        resolve("here", {}, folder=folder(text, trust=False))
    local = text.replace("https://r.example", "http://127.0.0.1:8081")
    assert resolve("here", {}, folder=folder(local, trust=False)).schema_registry.is_loopback


def test_credentials_do_not_follow_to_another_server(folder):
    profile = resolve("here", SECRET, folder=folder(PROFILE))
    same = with_registry(profile, "https://R1.example:8081/other").schema_registry
    assert (same.urls, same.username) == (("https://R1.example:8081/other",), "ann")
    for other in ("https://r3.example", "http://r1.example:8081", "https://r1.example:8081,https://evil.example"):
        settings = with_registry(profile, other).schema_registry
        assert (settings.username, settings.password, settings.token, settings.certfile) == (None, None, None, None)
        assert settings.context == ".staging"
    assert with_registry(profile, None) is profile
    bare = resolve("localhost", {}, folder=folder(PROFILE))
    assert with_registry(bare, "http://r").schema_registry == SchemaRegistrySettings(urls=("http://r",))


def test_a_registry_is_found_by_url_profile_or_default(folder, monkeypatch):
    monkeypatch.chdir(folder(PROFILE))
    assert load_settings().path is not None
    assert registry_settings("here", SECRET).username == "ann"
    assert registry_settings("https://other", SECRET).username is None
    environ = {"WORKBENCH_SCHEMA_REGISTRY_URL": "https://r.example"}
    assert registry_settings(None, environ).urls == ("https://r.example",)
    with pytest.raises(ConfigurationError, match="No schema registry is known"):
        registry_settings(None, {})


@pytest.mark.parametrize("token", ["hunter2\n", "hunter2 x", "hünter2"])
def test_a_token_that_no_header_may_have_is_refused_unseen(token):
    with pytest.raises(ConfigurationError, match="no HTTP header") as caught:
        SchemaRegistrySettings(urls=("https://r",), token=SecretStr(token)).check()
    assert "nter2" not in str(caught.value)


def test_a_token_and_a_user_name_exclude_each_other():
    both = SchemaRegistrySettings(urls=("https://r",), username="a", password=SecretStr("b"), token=SecretStr("c"))
    with pytest.raises(ConfigurationError, match="not both"):
        both.check()
