from __future__ import annotations

import pytest

from workbench import telemetry


def test_names_are_known_and_the_same_counter_comes_back():
    names = [value for key, value in vars(telemetry).items() if key.startswith("METRIC_")]
    for name in names:
        assert telemetry.counter(name) is telemetry.counter(name)
    with pytest.raises(KeyError):
        telemetry.counter("workbench_other")
