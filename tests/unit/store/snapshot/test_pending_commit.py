"""A commit runs beside the writing of the next rows; one at a time, and an error is not passed over."""

from __future__ import annotations

import threading

import pytest

from workbench.errors import StorageFullError
from workbench.store.snapshot.pending_commit import PendingCommit


def full() -> None:
    raise StorageFullError("full", path="x")


def test_work_runs_in_its_turn():
    pending, done, allowed = PendingCommit(), [], threading.Event()

    def first() -> None:
        allowed.wait(5)
        done.append(1)

    pending.begin(first)
    assert done == []
    allowed.set()
    pending.begin(lambda: done.append(2))
    pending.wait()
    assert done == [1, 2]


def test_an_error_is_raised_by_each_later_call_and_nothing_more_is_run():
    pending, done = PendingCommit(), []
    pending.begin(full)
    for _ in range(2):
        with pytest.raises(StorageFullError):
            pending.wait()
        with pytest.raises(StorageFullError):
            pending.begin(lambda: done.append(1))
    assert done == []


def test_who_drops_everything_waits_and_starts_anew():
    pending, done = PendingCommit(), []
    pending.end()
    pending.begin(full)
    pending.end()
    pending.begin(lambda: done.append(1))
    pending.wait()
    assert done == [1]
