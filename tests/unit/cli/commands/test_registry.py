"""``workbench registry``: what it prints of a registry that runs, and where none does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.bus.registry.local import LocalRegistry, RegistryStatus
from workbench.cli import exits
from workbench.machine import registry as registries

LOCAL = LocalRegistry(28081, 7, Path("/data"), "3.3.3")


@pytest.fixture
def one_runs(monkeypatch):
    monkeypatch.setattr(registries, "up", lambda *_, **__: LOCAL)
    monkeypatch.setattr(registries, "down", lambda *_: LOCAL)
    monkeypatch.setattr(registries, "status", lambda: [RegistryStatus(LOCAL, "serving")])


@pytest.fixture
def none_runs(monkeypatch):
    monkeypatch.setattr(registries, "down", lambda *_: None)
    monkeypatch.setattr(registries, "status", list)


def test_up_prints_the_line_for_the_shell(run, one_runs):
    done = run("registry", "up")
    assert done.stdout == "export WORKBENCH_SCHEMA_REGISTRY_URL=http://127.0.0.1:28081/apis/ccompat/v7\n"
    assert "Apicurio 3.3.3" in done.stderr
    facts = json.loads(run("registry", "up", "-J").stdout)
    assert (facts["state"], facts["pid"], facts["log"]) == ("serving", 7, "/data/registry.log")


def test_status_and_down(run, one_runs):
    assert run("registry", "status").stdout.startswith("serving  http://127.0.0.1:28081/apis/ccompat/v7")
    assert run("registry", "status", "-p", "28081").exit_code == exits.OK
    assert run("registry", "status", "-p", "1").exit_code == exits.FAILED
    assert "its data stays in /data" in run("registry", "down").stderr
    assert json.loads(run("registry", "down", "-J").stdout)["state"] == "gone"


def test_where_none_runs(run, none_runs):
    assert "workbench registry up" in run("registry", "status").stderr
    assert "No local registry runs on port 28081" in run("registry", "down").stderr
    assert run("registry", "down", "-J").stdout == "null\n"


def test_fetch_says_where_it_is(run, monkeypatch):
    monkeypatch.setattr(registries, "ensure", lambda *_: Path("/cache/registry"))
    assert "/cache/registry" in run("registry", "fetch").stderr
