"""The doctor finds what is there, and says what to do about what is not."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import closing

import listeners
import pytest
from typer.testing import CliRunner

from workbench.buffers.slices import is_optimised
from workbench.cli import application
from workbench.machine import doctor
from workbench.machine.doctor import examine


def named(name, **options: object):
    return next(check for check in examine(**options) if check.name == name)


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A folder without settings, and an environment without programs."""
    monkeypatch.chdir(tmp_path)
    return {"PATH": str(tmp_path), "WORKBENCH_CACHE": str(tmp_path / "cache")}


def test_this_python_and_its_packages_are_fine():
    checks = {check.name: check for check in examine()}
    assert checks["python"].state == "ok"
    for package in ("aiokafka", "duckdb", "pyarrow", "jupyterlab"):
        assert (checks[package].state, checks[package].needed) == ("ok", True)
    assert checks["pytest"].needed is False


def test_the_compiled_modules_are_optimised():
    """CFLAGS that replaced Python's own once left -O3 out: no test failed, and decoding took three times as long."""
    assert is_optimised()
    assert named("compiled modules").state == "ok"


def test_modules_without_optimisation_are_slow_and_it_is_said(monkeypatch):
    monkeypatch.setattr(doctor, "is_optimised", lambda: False)
    check = named("compiled modules")
    assert (check.state, check.needed) == ("wrong", False)
    assert "-O3" in check.advice


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("kafka jars", "apt-get install maven"),
        ("browser", "apt-get install chromium"),
        ("kcat", "apt-get install kcat"),
        ("broker", "workbench kafka up"),
    ],
)
def test_what_is_missing_comes_with_advice(nowhere, name, advice):
    check = named(name, environ=nowhere)
    assert (check.state, check.needed) == ("missing", False)
    assert advice in check.advice


def test_a_browser_that_is_named_must_exist(nowhere, tmp_path):
    check = named("browser", environ=nowhere | {"BROWSER_PATH": str(tmp_path / "none")})
    assert check.state == "missing"


def test_a_named_broker_that_does_not_answer_is_a_fault(nowhere):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    check = named("broker", address=f"127.0.0.1:{port}", environ=nowhere)
    assert (check.state, check.needed) == ("missing", True)
    assert "workbench kafka status" in check.advice


@pytest.mark.parametrize(
    ("answer", "settings", "said"),
    [
        (listeners.closing, "security_protocol = 'SSL'", ("missing", "closed it at once")),
        (listeners.http, "", ("missing", "an HTTP server answers there")),
        (listeners.kafka("127.0.0.1", 1, sasl=True), "", ("wrong", "Set security_protocol SASL_PLAINTEXT")),
        (listeners.kafka("broker.invalid", 1), "", ("missing", "broker 7 is advertised as broker.invalid:1")),
    ],
)
async def test_the_doctor_signs_in_and_says_why_it_cannot(nowhere, tmp_path, answer, settings, said):
    async with listeners.listening(answer) as port:
        (tmp_path / "workbench.toml").write_text(f"[clusters.x]\naddress = '127.0.0.1:{port}'\n{settings}\n")
        check = await asyncio.to_thread(named, "broker", address="x", environ=nowhere)
    assert (check.state, check.found) == (said[0], "x")
    assert said[1] in check.advice


def test_credentials_in_the_address_are_not_repeated(nowhere):
    check = named("broker", address="kafka://ann:hunter2@h", environ=nowhere)
    assert check.state == "wrong"
    assert "hunter2" not in repr(check)


def test_settings_that_cannot_be_read_are_said(nowhere, tmp_path):
    (tmp_path / "workbench.toml").write_text("nonsense")
    assert named("broker", environ=nowhere).state == "wrong"


def test_an_embedded_cluster_needs_nothing(nowhere):
    assert named("broker", address="memory://demo", environ=nowhere).state == "ok"


@pytest.mark.broker
def test_a_real_broker_says_who_it_is(kafka_address, nowhere):
    check = named("broker", address=kafka_address, environ=nowhere)
    assert check.state == "ok"
    assert "serves, cluster " in check.found


def test_the_command_prints_and_fails_for_what_is_needed():
    runner, app = CliRunner(), application()
    assert "within their ranges" in runner.invoke(app, ["doctor"]).stdout
    result = runner.invoke(app, ["doctor", "--json", "-b", "127.0.0.1:1"])
    assert result.exit_code == 1
    checks = [json.loads(line) for line in result.stdout.splitlines()]
    assert checks[-1]["name"] == "broker"
    assert checks[-1]["state"] == "missing"
