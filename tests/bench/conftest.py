"""Measurements run only when they are asked for, on a broker that runs as those of clusters do."""

from __future__ import annotations

import pytest

from workbench.bus.kafka.local import BrokerOptions


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a measurement before its fixtures are made: a Kafka that nobody asks takes eight seconds to start."""
    if item.get_closest_marker("bench") and not item.config.getoption("benchmark_enable"):
        pytest.skip("a measurement: run with --benchmark-enable")


@pytest.fixture(scope="session")
def broker_options() -> BrokerOptions:
    """Java compiles the broker's code fully: with that of the quick start both we and kcat would wait for it."""
    return BrokerOptions(quick_start=False)
