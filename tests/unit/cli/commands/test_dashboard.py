"""``workbench dashboard`` serves a notebook that is there."""

from __future__ import annotations

from typer.testing import CliRunner

from workbench.cli import application


def test_it_starts_voila_on_the_port_and_names_a_missing_notebook(tmp_path, monkeypatch):
    run = []
    monkeypatch.setattr("os.execve", lambda *given: run.append(given))
    (tmp_path / "a.ipynb").write_text("{}")
    result = CliRunner().invoke(application(), ["dashboard", str(tmp_path / "a.ipynb"), "-p", "8899", "--no-browser"])
    assert "http://127.0.0.1:8899/" in result.stdout
    assert {"voila", "--port=8899", "--no-browser"} <= set(run[0][1])
    missing = CliRunner().invoke(application(), ["dashboard", str(tmp_path / "none.ipynb")])
    assert missing.exit_code == 2
    assert "There is no notebook" in missing.stderr
