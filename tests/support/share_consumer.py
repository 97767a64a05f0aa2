"""Runs Kafka's own console share consumer (KIP-932), which no Python client offers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from workbench.bus.kafka.local.jars import ensure
from workbench.bus.kafka.local.java import find_java
from workbench.config.folders import cache_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleShareConsumer"


@asynccontextmanager
async def share_consumer(address: str, topic: str, group: str) -> AsyncIterator[asyncio.StreamReader]:
    """Consume a topic in a share group; gives what it prints, a line for each value."""
    classpath = str(ensure(cache_folder()) / "*")
    process = await asyncio.create_subprocess_exec(
        *(str(find_java().path), "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"),
        *("-cp", classpath, _CONSUMER, "--bootstrap-server", address, "--topic", topic, "--group", group),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.terminate()
        await process.wait()
