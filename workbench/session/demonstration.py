"""Opens the demo cluster of `wb.demo()`: generated traffic, embedded or on a development broker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from workbench.config import resolve
from workbench.errors import ConfigurationError
from workbench.session.connecting import open_cluster
from workbench.session.notebook_line import NotebookLine
from workbench.session.watching.replacing import shown
from workbench.text import counted, duration_text, number_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.demo import Feed
    from workbench.session.cluster import Cluster
    from workbench.tasks import Supervisor

SEED = 7
TASKS = ("demo traffic", "demo group that keeps up", "demo group that lags")


class _Traffic:
    """The running traffic of one demo, which ends when its cell is run again: nobody could close that cluster.

    The tasks hold it, so it lives as long as they do.
    """

    def __init__(self, tasks: Supervisor, feed: Feed) -> None:
        self._tasks = tasks
        for name, work in zip(TASKS, (feed.run, feed.keep_up, feed.lag_behind), strict=True):
            tasks.spawn(name, self._keep(work))

    async def _keep(self, work: Callable[[], Awaitable[None]]) -> None:
        await work()

    def close(self) -> None:
        for name in TASKS:
            self._tasks.cancel(name)


async def demo(
    address: str | None = None,
    *,
    rate: float = 20.0,
    history_s: float = 900.0,
    seed: int | None = None,
    live: bool = True,
) -> Cluster:
    """Connect to a cluster with demo traffic: records of the past, then live records and consumer groups.

    Without an address the cluster is embedded in this process. With one, the traffic is written to that broker, which
    must be a development cluster (on this machine, or marked so in its profile). Topics are named ``onex.dev.*``.

    Args:
        address: ``memory://name``, ``kafka://127.0.0.1:9092`` or a profile; by default a new embedded cluster.
        rate: Records per second.
        history_s: Seconds of traffic written with timestamps before now.
        seed: Seed of the random generator. By default embedded clusters get the same traffic each time, and other
            brokers different traffic each time, because event ids written twice to one broker would collide.
        live: Write and consume new records until the cluster is closed, or its cell is run again.

    Raises:
        ConfigurationError: The address is not a development cluster.
        BrokerUnavailableError: No broker answers.
    """
    from workbench.demo import Feed, Traffic

    profile = resolve(address or f"memory://demo-{uuid4().hex[:8]}")
    if not profile.development:
        raise ConfigurationError(
            f"{profile.label} is not marked as a development cluster; the demo writes only to those. "
            "Use an address on this machine, or development = true in its profile.",
        )
    if seed is None:
        seed = SEED if profile.address.scheme == "memory" else time.time_ns()
    traffic = Traffic(seed=seed, rate=rate)
    line = NotebookLine()
    line.say(f"Demo: writing {duration_text(history_s, 's')} of traffic to {profile.label} …")
    cluster = await open_cluster(profile, write=True, reason="demo")
    try:
        feed = Feed(cluster.log, traffic, history_s=history_s)
        written = await feed.fill()
        if live:
            name = f"demo {uuid4().hex}"
            shown.end_former(name)
            shown.add(_Traffic(cluster.tasks, feed), name)
        going_on = f", {number_text(rate)} more each second" if live else ""
        line.say(f"Demo: {counted(written, 'record')} written{going_on}.")
    except BaseException:
        line.say("Demo: not started.")
        await cluster.aclose()
        raise
    return cluster
