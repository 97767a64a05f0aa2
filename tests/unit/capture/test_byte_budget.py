"""The bytes that the stages of a capture may hold together."""

from __future__ import annotations

import asyncio

from workbench.capture.byte_budget import ByteBudget


async def test_bytes_wait_until_there_is_room():
    budget = ByteBudget(100)
    await budget.take(60)
    waiting = asyncio.ensure_future(budget.take(50))
    await asyncio.sleep(0)
    assert not waiting.done()
    budget.give_back(10)
    await waiting
    assert budget.held == 100


async def test_an_item_above_the_limit_passes_alone():
    budget = ByteBudget(100)
    await budget.take(10)
    waiting = asyncio.ensure_future(budget.take(1_000))
    await asyncio.sleep(0)
    assert not waiting.done()
    budget.give_back(10)
    await waiting
    after = asyncio.ensure_future(budget.take(1))
    await asyncio.sleep(0)
    assert not after.done()
    budget.give_back(1_000)
    await after
    assert budget.held == 1
