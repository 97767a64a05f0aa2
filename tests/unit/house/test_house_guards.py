"""The guards of conftest do what they promise."""

from __future__ import annotations

import asyncio
import os
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from loopback import Guard, OutsideLoopbackError, is_loopback

pytest_plugins = ["pytester"]


@pytest.fixture
def forgiven(loopback_guard):
    """These tests reach outside on purpose."""
    yield loopback_guard
    loopback_guard.refused.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "", None, b"127.0.0.1", "0.0.0.0"])  # noqa: S104 - an address that means this machine when connecting
def test_loopback_hosts_are_let_through(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org", "localhost.example.org", "10.0.0.1"])
def test_other_hosts_are_not_loopback(host):
    assert not is_loopback(host)


def test_a_socket_outside_loopback_is_refused(forgiven):
    with socket.socket() as sock, pytest.raises(OutsideLoopbackError, match=r"192\.0\.2\.1"):
        sock.connect(("192.0.2.1", 80))
    with socket.socket() as sock, pytest.raises(OutsideLoopbackError):
        sock.connect_ex(("192.0.2.1", 80))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(OutsideLoopbackError):
        sock.sendto(b"x", ("192.0.2.1", 53))
    assert forgiven.refused == ["192.0.2.1"] * 3


def test_a_name_outside_loopback_is_not_even_looked_up(forgiven):
    with pytest.raises(urllib.error.URLError) as caught:
        urllib.request.urlopen("http://example.org/", timeout=5)
    assert isinstance(caught.value.reason, OutsideLoopbackError)
    assert forgiven.refused == ["example.org"]


async def test_asyncio_connections_are_refused_too(forgiven):
    with pytest.raises(OSError, match="only loopback"):
        await asyncio.open_connection("192.0.2.1", 9092)
    assert forgiven.refused


def test_names_that_cannot_exist_fail_as_in_a_network(loopback_guard):
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("broker.invalid", 9092)
    assert loopback_guard.refused == []


def test_the_named_broker_is_reachable():
    Guard({"kafka.example"})._permit("kafka.example")
    with pytest.raises(OutsideLoopbackError):
        Guard({"kafka.example"})._permit("other.example")


def test_settings_of_the_user_are_gone(config_folder):
    allowed = {"WORKBENCH_KAFKA", "WORKBENCH_REQUIRE_BROKER", "WORKBENCH_REQUIRE_BROWSER", "WORKBENCH_CACHE"}
    allowed |= {"WORKBENCH_REDPANDA"}
    moved = {"WORKBENCH_CONFIG_FOLDER"}
    assert {name for name in os.environ if name.startswith("WORKBENCH_")} - moved <= allowed
    assert os.environ["WORKBENCH_CONFIG_FOLDER"] == str(config_folder)


def in_a_tree_of_its_own(pytester, request, source):
    tests = request.config.rootpath / "tests"
    for name in ("conftest.py", "support/loopback.py", "support/redpanda_host.py"):
        pytester.path.joinpath(Path(name).name).write_text((tests / name).read_text())
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(source)
    unneeded = ("no:cacheprovider", "no:benchmark", "no:nbval", "no:hypothesispytest", "no:workbench")
    return pytester.runpytest_subprocess("-ra", *(word for name in unneeded for word in ("-p", name)))


def test_a_task_left_running_fails_its_test(pytester, request):
    result = in_a_tree_of_its_own(
        pytester,
        request,
        """
        import asyncio
        async def test_leaves_one():
            asyncio.get_running_loop().create_task(asyncio.sleep(60), name="forgotten")
            await asyncio.sleep(0)
        async def test_leaves_none():
            await asyncio.get_running_loop().create_task(asyncio.sleep(0))
        def test_sync():
            pass
        """,
    )
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*tasks left running*forgotten*"])


def test_a_swallowed_refusal_fails_its_test(pytester, request):
    result = in_a_tree_of_its_own(
        pytester,
        request,
        """
        import contextlib, socket
        def test_swallows():
            with contextlib.suppress(OSError), socket.socket() as sock:
                sock.connect(("192.0.2.1", 80))
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*outside loopback*192.0.2.1*"])


@pytest.mark.parametrize(("required", "outcome"), [("0", {"skipped": 1}), ("1", {"errors": 1})])
def test_a_missing_browser_is_a_named_skip_or_a_failure(pytester, request, monkeypatch, required, outcome):
    monkeypatch.setenv("WORKBENCH_REQUIRE_BROWSER", required)
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setenv("PATH", str(pytester.path))
    result = in_a_tree_of_its_own(pytester, request, "def test_it(chromium_path):\n    pass\n")
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*A browser is missing: install chromium*"])
