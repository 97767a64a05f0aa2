"""``workbench lag``: options that belong together."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from workbench.cli import application, exits


@pytest.mark.parametrize("words", [["--every", "5"], ["--for", "15m"]])
def test_options_of_a_recording_want_its_file(words):
    result = CliRunner().invoke(application(), ["lag", "-b", "memory://none", *words])
    assert result.exit_code == exits.USAGE
    assert "--record" in result.stderr


def test_a_duration_that_cannot_be_read_is_a_usage_error(tmp_path):
    words = ["lag", "-b", "memory://none", "--record", str(tmp_path / "lag.duckdb"), "--for", "soon"]
    result = CliRunner().invoke(application(), words)
    assert result.exit_code == exits.USAGE
    assert "90s, 15m or 2h" in result.stderr
    assert not (tmp_path / "lag.duckdb").exists()


def test_a_recording_of_a_cluster_without_groups_ends_after_its_time(tmp_path):
    words = ["lag", "-b", "memory://none", "--record", str(tmp_path / "lag.duckdb"), "--every", "0.1", "--for", "300ms"]
    result = CliRunner().invoke(application(), words)
    assert result.exit_code == exits.OK, result.stderr
    assert "sampled " in result.stderr
    assert "No consumer group was found." in result.stderr
    assert (tmp_path / "lag.duckdb").exists()
