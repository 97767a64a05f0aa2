"""A view is asked for again and again; an answer that does not come is said."""

from __future__ import annotations

import asyncio

import pytest

from workbench.errors import TransformError
from workbench.testing import wait_until
from workbench.transforms.views.state import ViewLine, ViewStatus
from workbench.transforms.views.watch import ViewWatch


async def test_answers_and_their_absence():
    answers = [TransformError("There is no view 'v'.", name="v", stage="status"), ([ViewLine("x")])]
    status = ViewStatus("v", "orders", ("v",), "local", ())
    asked = []

    async def ask():
        asked.append(1)
        found = answers[min(len(asked), 2) - 1]
        if isinstance(found, Exception):
            raise found
        return status, found

    watch = ViewWatch("v", ask, 0.001)
    assert watch.state == "waiting"
    await watch.read()
    assert watch.state == "no answer"
    assert "There is no view" in watch.note
    task = asyncio.create_task(watch.run())
    await wait_until(lambda: len(asked) > 2)
    assert watch.state == "live"
    assert (watch.status, watch.lines) == (status, [ViewLine("x")])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert watch.state == "stopped"


async def test_an_error_of_ours_ends_it():
    async def ask():
        raise RuntimeError("broken")

    watch = ViewWatch("v", ask, 0.001)
    with pytest.raises(RuntimeError):
        await watch.run()
    assert (watch.state, watch.note) == ("failed", "broken")
