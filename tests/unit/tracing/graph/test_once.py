"""A value is made once, whoever asks; what fails is tried again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from workbench.tracing.graph.once import once


class Counted:
    def __init__(self) -> None:
        self.made = 0
        self.both_ask = Barrier(2)
        self.fails = False

    @once
    def value(self):
        """The value."""
        self.made += 1
        if self.fails:
            raise ValueError("not yet")
        return self.made

    def ask(self):
        self.both_ask.wait()
        return self.value


def test_threads_that_ask_at_once_get_one_value():
    counted = Counted()
    with ThreadPoolExecutor(2) as threads:
        assert [future.result() for future in [threads.submit(counted.ask) for _ in range(2)]] == [1, 1]
    assert (counted.value, counted.made) == (1, 1)
    assert not [name for name in vars(counted) if "lock" in name]
    assert Counted.value.__doc__ == "The value."


def test_a_value_that_could_not_be_made_is_made_the_next_time():
    counted = Counted()
    counted.fails = True
    with pytest.raises(ValueError, match="not yet"):
        _ = counted.value
    counted.fails = False
    assert counted.value == counted.made == 2
