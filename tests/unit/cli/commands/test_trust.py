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
