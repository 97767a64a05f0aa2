"""A capture in a process of its own, for tests that kill or stop it: ADDRESS TOPIC FILE [TIMEOUT_S].

With a time-out, that of each call to the broker, it follows the topic until it is interrupted.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from functools import partial

from workbench.bus import open_log
from workbench.capture import Beginning, beginning, capture, pipeline, run
from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.decoding import Decoder
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Start
from workbench.store import Appender, SnapshotStore

# Small pieces, so that there are many moments to be killed at.
pipeline.READ_BYTES = 1 << 18
beginning.PREFETCH_BYTES = 1 << 20
run.Appender = partial(Appender, segment_bytes=1 << 18, row_group_bytes=1 << 19)  # type: ignore[attr-defined,assignment]


async def main(address: str, topic: str, file: str, timeout_s: str = "") -> None:
    options = {"timeout_s": float(timeout_s)} if timeout_s else {}
    with SnapshotStore.open(file, write=True) as store:
        async with (
            open_log(address, **options) as log,
            Beginning(log, parse_topics(topic), start=Start(), follow=bool(timeout_s)) as begun,
        ):
            result = await capture(
                begun,
                store,
                lambda _: Decoder(),
                cluster="test",
                progress=lambda progress: print(dict(progress.counts), flush=True),  # noqa: T201 - read by the test
            )
    print(result.state, flush=True)  # noqa: T201 - same


if __name__ == "__main__":
    # As the command does: a start takes half as long.
    leave_pandas_out()
    # A shell that runs tests in the background lets its children ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:5]))
