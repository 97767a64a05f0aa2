"""Subscribes in a process of its own, says what it was given, and dies before anything of it can be committed.

Arguments: address, environment, topic, group, session timeout in milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from workbench.bus import open_log
from workbench.eventbus import EventBus

if TYPE_CHECKING:
    from workbench.model.events.event import EventMessage


async def main(address: str, environment: str, topic: str, group: str, session_timeout_ms: str) -> None:
    bus = EventBus(open_log(address), environment=environment, session_timeout_ms=int(session_timeout_ms))

    async def handle_and_die(event: EventMessage) -> None:
        print(event.event_id, flush=True)  # noqa: T201 - the parent reads it
        os.kill(os.getpid(), signal.SIGKILL)

    await bus.subscribe_to_topic(topic, group, handle_and_die)
    print("ready", flush=True)  # noqa: T201 - the parent reads it
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
