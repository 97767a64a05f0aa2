"""A notebook is served by Voila with the template of this package; what cannot be served is said first."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from workbench.errors import ConfigurationError, MissingExtraError
from workbench.machine.dashboard import OPTIONS, dashboard_command, dashboard_environment, run_dashboard


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("{}")
    return path


def test_the_command_serves_on_loopback_with_our_template(notebook):
    command = dashboard_command(notebook, port=8899, browser=False)
    assert command[:4] == [sys.executable, "-m", "voila", str(notebook)]
    assert {"--no-browser", "--port=8899", "--Voila.ip=127.0.0.1", "--template=workbench", *OPTIONS} <= set(command)
    assert "--no-browser" not in dashboard_command(notebook, port=8899)


def test_voila_finds_the_template_and_what_the_user_added(notebook):
    ours, theirs = dashboard_environment({"JUPYTER_PATH": "/theirs"})["JUPYTER_PATH"].split(os.pathsep)
    assert theirs == "/theirs"
    template = Path(ours, "voila", "templates", "workbench")
    assert json.loads((template / "conf.json").read_text())["base_template"] == "lab"
    assert "JUPYTER_PATH" in dashboard_environment({})


def test_a_missing_notebook_and_a_missing_package_are_named(notebook, tmp_path, monkeypatch):
    with pytest.raises(ConfigurationError, match="no notebook"):
        dashboard_command(tmp_path / "none.ipynb", port=1)
    monkeypatch.setattr("workbench.machine.dashboard.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"eventbus-workbench\[dashboard\]"):
        dashboard_command(notebook, port=1)


def test_the_address_is_said_before_voila_starts(notebook, monkeypatch):
    said, run = [], []
    monkeypatch.setattr("os.execve", lambda *given: run.append(given))
    run_dashboard(notebook, say=said.append, port=8899, browser=False)
    assert "http://127.0.0.1:8899/" in said[0]
    assert run[0][1] == dashboard_command(notebook, port=8899, browser=False)
