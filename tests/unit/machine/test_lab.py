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

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from workbench.errors import ConfigurationError
from workbench.machine.lab import QUIET_OPTIONS, free_port, lab_command, lab_environment, run_lab, working_copies

NOTIFICATIONS = "@jupyterlab/apputils-extension:notification"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder of notebooks, and Jupyter's folders of its own."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    source = tmp_path / "notebooks"
    source.mkdir()
    for name in ("00_quickstart", "01_other"):
        cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="1")])
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), source / f"{name}.ipynb")
    return source


def test_the_quickstart_opens_from_a_trusted_copy_outside_the_checkout(checkout, tmp_path):
    environ = {"WORKBENCH_NOTEBOOKS": str(tmp_path / "mine")}
    before = (checkout / "00_quickstart.ipynb").read_bytes()
    copy = working_copies(checkout, environ=environ)
    assert copy == tmp_path / "mine" / "00_quickstart.ipynb"
    assert (tmp_path / "mine" / "01_other.ipynb").is_file()
    assert NotebookNotary(data_dir=str(tmp_path / "jupyter")).check_signature(nbformat.read(copy, as_version=4))
    copy.write_text("work of the user")
    assert working_copies(checkout, environ=environ).read_text() == "work of the user"
    assert (checkout / "00_quickstart.ipynb").read_bytes() == before
    command = lab_command(copy, port=8899, browser=False)
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert command[-1] == str(copy)
    root = f"--ServerApp.root_dir={tmp_path / 'mine'}"
    assert {"--no-browser", "--ServerApp.port=8899", root, *QUIET_OPTIONS} <= set(command)


def test_without_notebooks_jupyterlab_opens_where_it_is(tmp_path):
    assert working_copies(tmp_path) is None
    assert not any(part.endswith(".ipynb") for part in lab_command())


def test_the_address_is_printed_before_jupyterlab_starts(checkout, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_NOTEBOOKS", str(tmp_path / "mine"))
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    started = []
    monkeypatch.setattr(os, "execve", lambda *given: started.append(given))
    run_lab(say=print, port=8899, browser=False)
    ((_, command, environ),) = started
    printed = capsys.readouterr().out
    assert f"http://127.0.0.1:8899/lab/tree/00_quickstart.ipynb?token={environ['JUPYTER_TOKEN']}" in printed
    assert str(tmp_path / "mine") in printed
    assert environ["JUPYTER_TOKEN"] not in " ".join(command)


def test_a_taken_port_is_passed_over():
    first = free_port()
    with closing(socket.create_server(("127.0.0.1", first))):
        assert free_port() > first


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
