"""The pytest plugin: its fixtures work in a project that only installed the package."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from workbench import testing

TESTS = """
async def test_an_event_arrives(make_event_bus, make_event):
    received = []

    async def handler(event):
        received.append(event.event_id)

    async with make_event_bus() as bus:
        end = await bus.subscribe_to_topic("user_events", "g", handler)
        event = make_event()
        assert await bus.publish_event(event) is True
        from workbench.testing import wait_until
        await wait_until(lambda: received)
        await end()
    assert received == [event.event_id]


async def test_a_sleep_is_noted(recording_sleep):
    await recording_sleep(2.0)
    assert recording_sleep.waits_s == [2.0]
"""


def test_the_fixtures_work_elsewhere(tmp_path):
    (tmp_path / "test_mine.py").write_text(TESTS)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:nbval", "-o", "asyncio_mode=auto"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True,
        timeout=50, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_the_plugin_costs_a_start_of_pytest_next_to_nothing():
    code = "import sys, workbench.testing.plugin; print({'pyarrow', 'pandas', 'aiokafka'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout == "set()\n"


def test_each_name_of_the_kit_is_there_and_no_other():
    assert [name for name in testing.__all__ if getattr(testing, name).__name__ != name] == []
    assert dir(testing) == sorted(testing.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'MockBus'"):
        testing.MockBus  # noqa: B018 - the access is the subject


def test_pytest_finds_it_by_its_entry_point():
    assert "workbench.testing.plugin" in {point.value for point in entry_points(group="pytest11")}
