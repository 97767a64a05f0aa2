"""Fixtures and guards that every test shares."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import shutil
import sys
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

import hypothesis
import loopback
import pytest
from redpanda_host import REDPANDA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator
    from pathlib import Path

    from workbench.bus.kafka.local import BrokerOptions

# Six processes share the cores: how long an example takes says nothing of what it tests.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

SWITCHES = {
    "WORKBENCH_KAFKA",
    "WORKBENCH_REDPANDA",
    "WORKBENCH_REQUIRE_BROKER",
    "WORKBENCH_REQUIRE_BROWSER",
    "WORKBENCH_CACHE",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STRAY_TASK_GRACE_S = 1.0


def missing(what: str, how: str, switch: str) -> NoReturn:
    """Skip by name, or fail where the switch says that nothing may be missing."""
    message = f"{what} is missing: {how}"
    if os.environ.get(switch) == "1":
        pytest.fail(f"{message} ({switch}=1)", pytrace=False)
    pytest.skip(message)


def named_broker() -> str | None:
    """The host:port list of ``WORKBENCH_KAFKA`` without its scheme, else the Redpanda of ``WORKBENCH_REDPANDA``."""
    text = os.environ.get("WORKBENCH_KAFKA", "").strip()
    return text.partition("://")[2] or text or (None if REDPANDA is None else REDPANDA.kafka)


@pytest.fixture(scope="session", autouse=True)
def loopback_guard() -> Iterator[loopback.Guard]:
    named = [*(named_broker() or "").split(","), "" if REDPANDA is None else REDPANDA.kafka]
    hosts = {host.strip().rpartition(":")[0].strip("[]") for host in named}
    with loopback.Guard(hosts).active() as guard:
        yield guard


@pytest.fixture(autouse=True)
def nothing_reached_outside(loopback_guard: loopback.Guard) -> Iterator[None]:
    """A refusal that the code under test swallowed fails the test all the same."""
    loopback_guard.refused.clear()
    yield
    refused, loopback_guard.refused = loopback_guard.refused, []
    assert not refused, f"reached for hosts outside loopback: {refused}"


@pytest.fixture(scope="session")
def config_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration folder of the user, for all tests of a session."""
    return tmp_path_factory.mktemp("config")


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch: pytest.MonkeyPatch, config_folder: Path) -> None:
    """No setting of the person who runs the tests reaches them, and no test changes what that person trusts."""
    for name in list(os.environ):
        if name.startswith("WORKBENCH_") and name not in SWITCHES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("WORKBENCH_CONFIG_FOLDER", str(config_folder))


def registered_formats() -> dict[str, object]:
    """The table of registered formats; one of our own where no test of this process has loaded decoding yet."""
    registry = sys.modules.get("workbench.decoding.formats.registry")
    return {} if registry is None else registry._registered


@pytest.fixture(autouse=True)
def formats_end_with_the_test() -> Iterator[None]:
    """A format is registered for the whole process: what a test or a page's example registers must not reach others."""
    before = dict(registered_formats())
    yield
    formats = registered_formats()
    formats.clear()
    formats.update(before)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """``--dist loadscope`` deals tests out as this suite needs it."""
    if config.getvalue("dist") != "loadscope":
        return None
    from side_by_side import Chains

    return Chains(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's loop holds this thread until the session ends; no other can run."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is made meanwhile stays: looking through it for garbage again and again takes a sixth of the collection."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What is there now stays until the end: thousands of tests need not be looked through at each collection."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end all is looked through once more: DuckDB complains of what is left."""
    gc.unfreeze()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Async tests get the leak check first, so that it is torn down last."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
        item.fixturenames.insert(0, "no_task_left")


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    pending = asyncio.all_tasks() - before - {asyncio.current_task()}
    if pending:
        _, pending = await asyncio.wait(pending, timeout=STRAY_TASK_GRACE_S)
    names = sorted(f"{task.get_name()}: {task.get_coro()!r}" for task in pending)
    for task in pending:
        task.cancel()
    assert not names, f"tasks left running: {names}"


@pytest.fixture(scope="session")
def packaged_kafka() -> None:
    """Java and the pinned jars are there, or a named skip."""
    from workbench.errors import WorkbenchError
    from workbench.machine import broker

    try:
        broker.fetch()
    except WorkbenchError as error:
        missing("The packaged Kafka", str(error), "WORKBENCH_REQUIRE_BROKER")


@pytest.fixture(scope="session")
def broker_options() -> BrokerOptions | None:
    """Options of the packaged Kafka of this session; measurements have others."""
    return None


@pytest.fixture(scope="session")
def kafka_address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, broker_options: BrokerOptions | None
) -> Iterator[str]:
    """``host:port`` of a real Kafka: the one that the environment names, or the packaged one for this session."""
    if (named := named_broker()) is not None:
        yield named
        return
    request.getfixturevalue("packaged_kafka")
    from workbench.bus.kafka import local

    folder: Path = tmp_path_factory.mktemp("kafka")
    broker = local.up(port=0, data=folder, options=broker_options)
    try:
        yield broker.bootstrap
    finally:
        local.down(port=broker.port)


@pytest.fixture
def topic_name() -> Callable[..., str]:
    """Factory of topic names that no other test uses: ``topic_name()``, ``topic_name("orders")``."""
    return lambda stem="wb-test": f"{stem}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def group_name() -> Callable[..., str]:
    """Factory of consumer group names that no other test uses."""
    return lambda stem="wb-group": f"{stem}-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def node_path() -> str:
    """Node runs the tests of the JavaScript that needs no browser; nothing else of the project needs it."""
    found = shutil.which("node")
    if found is None:
        missing("Node", "install nodejs to test the JavaScript of the widgets", "WORKBENCH_REQUIRE_BROWSER")
    return found


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The system's Chromium: ``BROWSER_PATH``, or the first one on the path."""
    found = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        how = "install chromium, or name a browser in BROWSER_PATH"
        missing("A browser", how, "WORKBENCH_REQUIRE_BROWSER")
    return found
