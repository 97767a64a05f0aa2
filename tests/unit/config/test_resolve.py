"""A name, an address or nothing is resolved to one profile; its secret is looked up and never shown."""

from __future__ import annotations

import dataclasses
import sys

import pytest
from settings_files import WHOLE

from workbench.config import resolve
from workbench.errors import ConfigurationError, MissingExtraError


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
