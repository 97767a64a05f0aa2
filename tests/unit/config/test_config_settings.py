"""workbench.toml: found, checked, resolved; and secrets that stay secret."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

import pytest

from workbench.config import Address, cache_folder, find_file, load_settings, resolve
from workbench.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
default = "staging"

[clusters.staging]
address = "kafka://staging.example:9093"
security_protocol = "SASL_SSL"
sasl_mechanism = "SCRAM-SHA-512"
sasl_username = "ann"
sasl_password_env = "STAGING_PASSWORD"
ssl_cafile = "certs/ca.pem"

[clusters.production]
address = "redpanda://a.example,b.example"
protected = true

[clusters.here]
address = "localhost:29092"

[clusters.mirror]
address = "127.0.0.1:29093"
protected = true

[clusters.lab]
address = "lab.example"
development = true

[conventions.wiki]
id = ["$.meta.id"]

[topics]
"wiki.*" = "wiki"
"""


@pytest.fixture
def folder(tmp_path):
    def write(text: str) -> Path:
        (tmp_path / "workbench.toml").write_text(text)
        return tmp_path

    return write


def test_without_a_file_settings_are_empty(tmp_path):
    settings = load_settings({}, tmp_path)
    assert (settings.path, dict(settings.clusters), settings.default, dict(settings.topics)) == (None, {}, None, {})


def test_the_nearest_file_above_counts(folder):
    top = folder(WHOLE)
    below = top / "a" / "b"
    below.mkdir(parents=True)
    assert find_file({}, below) == top / "workbench.toml"
    (top / "a" / "workbench.toml").write_text("")
    assert find_file({}, below) == top / "a" / "workbench.toml"
    assert find_file({"WORKBENCH_CONFIG": str(top / "workbench.toml")}, below) == top / "workbench.toml"


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(ConfigurationError, match=r"WORKBENCH_CONFIG names .*nowhere\.toml, which is no file"):
        find_file({"WORKBENCH_CONFIG": str(tmp_path / "nowhere.toml")})


def test_everything_in_the_file_is_there(folder):
    settings = load_settings({}, folder(WHOLE))
    assert settings.default == "staging"
    assert settings.conventions == {"wiki": {"id": ["$.meta.id"]}}
    assert settings.topics == {"wiki.*": "wiki"}
    staging = settings.clusters["staging"]
    assert staging.address == Address.parse("staging.example:9093")
    assert staging.ssl_cafile == settings.path.parent / "certs" / "ca.pem"
    kinds = {name: (one.protected, one.development) for name, one in settings.clusters.items()}
    assert kinds == {
        "staging": (False, False),
        "production": (True, False),
        "here": (False, True),
        "mirror": (True, False),
        "lab": (False, True),
    }
    with pytest.raises(TypeError):
        settings.clusters["other"] = staging
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.default = None


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("[clusters.x]\naddres = 'h'", ["clusters.x.address: field required", "did you mean address?"]),
        ("[clusters.x]\naddress = 'h'\nprotected = 'yes'", ["clusters.x.protected", "valid boolean"]),
        ("[clusters.x]\naddress = 9092", ["clusters.x.address", "valid string"]),
        ("[clusters.x]\naddress = 'http://h'", ["clusters.x.address", "unknown scheme"]),
        ("[clusters.x]\naddress='h'\nsecurity_protocol='TLS'", ["clusters.x.security_protocol", "'SASL_SSL'"]),
        ("[clusters.x]\naddress='h'\nsasl_mechanism='MD5'", ["clusters.x.sasl_mechanism", "'OAUTHBEARER'"]),
        ("[clusters.x]\naddress='h'\nprotected=true\ndevelopment=true", ["exclude each other"]),
        ("[clusters.x]\naddress='h'\nsasl_password_env='A'\nsasl_password_keyring='B'", ["not both"]),
        ("default = 'y'\n[clusters.x]\naddress='h'", ["no cluster of it; it has x"]),
        ("[topics]\n'a.*' = 7", ["topics.a.*", "valid string"]),
        ("colour = 'blue'", ["colour: unknown key", "allowed: clusters, conventions, default, topics"]),
        ("this is not toml", ["is no TOML", "line 1"]),
        ("[conventions]\nx = 3", ["conventions.x"]),
    ],
)
def test_faults_name_file_key_and_what_is_allowed(folder, text, complaints):
    with pytest.raises(ConfigurationError) as caught:
        load_settings({}, folder(text))
    for complaint in ["workbench.toml", *complaints]:
        assert complaint in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_password_in_the_file_is_refused_and_not_repeated(folder):
    with pytest.raises(ConfigurationError, match="sasl_password_env or sasl_password_keyring") as caught:
        load_settings({}, folder("[clusters.x]\naddress = 'h'\nsasl_password = 'hunter2'"))
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__) + repr(caught.value.__context__)


def test_a_profile_brings_its_secret(folder):
    profile = resolve("staging", {"STAGING_PASSWORD": "hunter2"}, folder=folder(WHOLE))
    assert profile.sasl_password.get_secret_value() == "hunter2"
    assert (profile.name, profile.label, profile.sasl_username) == ("staging", "staging", "ann")
    assert "hunter2" not in repr(profile)
    assert "hunter2" not in str(dataclasses.asdict(profile))


def test_a_secret_that_is_not_there_is_named(folder):
    with pytest.raises(ConfigurationError, match="STAGING_PASSWORD is not set"):
        resolve("staging", {}, folder=folder(WHOLE))


def test_a_bare_address(folder, tmp_path):
    profile = resolve("kafka://127.0.0.1:29092", {}, folder=tmp_path)
    assert (profile.name, profile.development, profile.protected) == (None, True, False)
    assert profile.label == "kafka://127.0.0.1:29092"
    assert resolve("broker.example", {}, folder=folder(WHOLE)).development is False


@pytest.mark.parametrize(
    ("environ", "label"),
    [
        ({"WORKBENCH_ADDRESS": "h:1", "WORKBENCH_PROFILE": "here"}, "kafka://h:1"),
        ({"WORKBENCH_ADDRESS": "lab"}, "lab"),
        ({"WORKBENCH_PROFILE": "here"}, "here"),
        ({"STAGING_PASSWORD": "x"}, "staging"),
    ],
)
def test_without_an_address_environment_then_file_decide(folder, environ, label):
    assert resolve(None, environ, folder=folder(WHOLE)).label == label


def test_a_cluster_called_default_is_one(folder):
    assert resolve(None, {}, folder=folder("[clusters.default]\naddress = 'h'")).label == "default"


def test_without_anything_the_error_names_the_demo(tmp_path):
    with pytest.raises(ConfigurationError, match=r"WORKBENCH_ADDRESS[\s\S]*wb\.demo\(\)"):
        resolve(None, {}, folder=tmp_path)


def test_an_unknown_profile_lists_those_there_are(folder, tmp_path):
    with pytest.raises(ConfigurationError, match="has staging, production, here"):
        resolve(None, {"WORKBENCH_PROFILE": "prod"}, folder=folder(WHOLE))
    with pytest.raises(ConfigurationError, match="did you mean 'staging'"):
        resolve("stagin", {}, folder=folder(WHOLE))
    (tmp_path / "workbench.toml").unlink()
    with pytest.raises(ConfigurationError, match=r"no workbench\.toml was found"):
        resolve(None, {"WORKBENCH_PROFILE": "prod"}, folder=tmp_path)


class TestKeyring:
    TEXT = "[clusters.x]\naddress='h'\nsasl_username='ann'\nsasl_password_keyring='kafka-x'"

    def test_the_password_comes_from_it(self, folder):
        keyring = pytest.importorskip("keyring")
        asked = []

        class Store(keyring.backend.KeyringBackend):
            priority = 1

            def get_password(self, service, username) -> str | None:
                asked.append((service, username))
                return "hunter2" if username == "ann" else None

            set_password = delete_password = None

        before = keyring.get_keyring()
        keyring.set_keyring(Store())
        try:
            assert resolve("x", {}, folder=folder(self.TEXT)).sasl_password.get_secret_value() == "hunter2"
            with pytest.raises(ConfigurationError, match="keyring set kafka-x bob"):
                resolve("x", {}, folder=folder(self.TEXT.replace("ann", "bob")))
        finally:
            keyring.set_keyring(before)
        assert asked == [("kafka-x", "ann"), ("kafka-x", "bob")]

    def test_without_the_extra_it_is_named(self, folder, monkeypatch):
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(MissingExtraError, match=r"eventbus-workbench\[keyring\]"):
            resolve("x", {}, folder=folder(self.TEXT))

    def test_it_needs_a_user(self, folder):
        with pytest.raises(ConfigurationError, match="needs sasl_username"):
            resolve("x", {}, folder=folder("[clusters.x]\naddress='h'\nsasl_password_keyring='k'"))


def test_the_cache_folder_can_be_moved(tmp_path):
    assert cache_folder({"WORKBENCH_CACHE": str(tmp_path)}) == tmp_path
    assert cache_folder({}).name == "eventbus-workbench"
