"""Backends and journals for replay tests."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from replay_bench import Bench

from workbench.bus import open_log
from workbench.errors import WorkbenchError
from workbench.store.journal import Journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture
async def bench(address: str, tmp_path: Path, topic_name: Callable[..., str]) -> AsyncIterator[Bench]:
    async with open_log(address) as log:
        with Journal.open(tmp_path / "journal.duckdb") as journal:
            bench = Bench(log, journal, topic_name)
            yield bench
        for topic in bench.created:
            with contextlib.suppress(WorkbenchError):
                async with asyncio.timeout(10):
                    await log.delete_topic(topic)
