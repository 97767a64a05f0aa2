"""JupyterLab as we start it: private, quiet, and on the quickstart."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from workbench.errors import ConfigurationError
from workbench.machine.lab import QUIET_OPTIONS, lab_command, lab_environment

NOTIFICATIONS = "@jupyterlab/apputils-extension:notification"


def test_the_quickstart_opens_where_it_is_at_hand(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert lab_command(browser=False)[:3] == [sys.executable, "-m", "jupyterlab"]
    assert not any(part.endswith(".ipynb") for part in lab_command())
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_quickstart.ipynb").write_text("{}")
    command = lab_command(port=8899, browser=False)
    assert command[-1] == "notebooks/00_quickstart.ipynb"
    assert {"--no-browser", "--ServerApp.port=8899", *QUIET_OPTIONS} <= set(command)


def test_a_notebook_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ConfigurationError, match=r"no notebook .*gone\.ipynb"):
        lab_command(tmp_path / "gone.ipynb")


def test_settings_of_the_user_are_kept_behind_ours():
    found = lab_environment({"JUPYTER_CONFIG_PATH": "/mine", "HOME": "/home/me"})
    ours, mine = found["JUPYTER_CONFIG_PATH"].split(":")
    assert ours.endswith("lab_settings")
    assert (mine, found["HOME"]) == ("/mine", "/home/me")


def read(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_lab_starts_and_asks_nobody_for_news(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environ = {**os.environ, **folders, "JUPYTER_TOKEN": "t"}
    command = [sys.executable, "-m", "workbench", "lab", "--no-browser", "--port", str(port)]
    log = (tmp_path / "log").open("w+")
    with subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=log, stderr=log) as process, log:
        try:
            deadline = time.monotonic() + 120
            url = f"http://127.0.0.1:{port}/lab/api/settings/{NOTIFICATIONS}?token=t"
            settings = None
            while settings is None and time.monotonic() < deadline and process.poll() is None:
                try:
                    settings = read(url)
                except urllib.error.URLError:
                    time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(30)
    assert settings is not None, (tmp_path / "log").read_text()
    properties = settings["schema"]["properties"]
    assert properties["fetchNews"]["default"] == "false"
    assert properties["checkForUpdates"]["default"] is False
