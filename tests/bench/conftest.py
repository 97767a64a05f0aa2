"""Measurements run only when they are asked for."""

from __future__ import annotations

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a measurement before its fixtures are made: a Kafka that nobody asks takes eight seconds to start."""
    if item.get_closest_marker("bench") and not item.config.getoption("benchmark_enable"):
        pytest.skip("a measurement: run with --benchmark-enable")
