"""``workbench trust`` says what the file may do from now on."""

from __future__ import annotations

import pytest
from settings_files import WHOLE
from typer.testing import CliRunner

from workbench.cli import application
from workbench.config import resolve
from workbench.errors import ConfigurationError


def test_trusting_and_forgetting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(application(), ["trust"]).exit_code == 2
    (tmp_path / "workbench.toml").write_text(WHOLE)
    result = CliRunner().invoke(application(), ["trust"])
    assert result.exit_code == 0
    assert "is trusted as it is now" in result.stdout
    assert "staging: kafka://staging.example:9093, SASL_SSL, uses STAGING_PASSWORD" in result.stdout
    assert resolve("lab").name == "lab"
    assert "no longer trusted" in CliRunner().invoke(application(), ["trust", "--forget", "workbench.toml"]).stdout
    with pytest.raises(ConfigurationError, match="workbench trust"):
        resolve("lab")


def test_every_secret_and_every_server_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbench.toml").write_text(
        """
[clusters.c]
address = "redpanda://127.0.0.1:9092"
admin_url = "https://admin.example:9644"
admin_username = "a"
admin_password_env = "ADMIN"
schema_registry_url = "https://registry.example:8081"
schema_registry_token_env = "REGISTRY"
http_proxy_url = "https://proxy.example:8082"
http_proxy_username = "a"
http_proxy_password_keyring = "proxy"
"""
    )
    said = CliRunner().invoke(application(), ["trust"]).stdout
    assert {word for word in ("ADMIN", "REGISTRY", "proxy") if word in said} == {"ADMIN", "REGISTRY", "proxy"}
    assert "leads to https://admin.example:9644, https://registry.example:8081, https://proxy.example:8082" in said
