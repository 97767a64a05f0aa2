"""Stands in for a Redpanda at its usual ports, to try ``WORKBENCH_REDPANDA`` without one: a Kafka, and strict servers.

Run ``python tests/support/redpanda_stand_in.py``, and in another terminal
``WORKBENCH_REDPANDA=127.0.0.1 python -m pytest tests/contract``. The servers share the topics of the Kafka; transforms
that are deployed run in this process. It ends with Ctrl-C.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import http_frame
import registry_server
from admin_server import AdminState, Deployed
from admin_server import Handler as AdminHandler
from proxy_server import serving_proxy
from redpanda_host import ADMIN_PORT, KAFKA_PORT, PROXY_PORT, REGISTRY_PORT

from workbench.bus.kafka import KafkaLog, local
from workbench.tasks import Supervisor
from workbench.transforms.guest.module import read_module
from workbench.transforms.spec import TransformSpec
from workbench.transforms.views.local import LocalExecutor

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Topics(dict[str, int]):
    """Partitions by topic, as the Kafka has them now."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster

    def __contains__(self, topic: object) -> bool:
        return bool(self._cluster.run(self._cluster.log.describe([str(topic)])))

    def __missing__(self, topic: str) -> int:
        (info,) = self._cluster.run(self._cluster.log.describe([topic]))
        return len(info.partitions)


class Cluster:
    """A connection to the Kafka on a loop of its own, and the transforms that run on it."""

    def __init__(self, address: str) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.log = KafkaLog(address)
        self.run(self.log.open())
        self.executor = LocalExecutor(self.log, Supervisor())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


@dataclass
class RunningState(AdminState):
    """An Admin API whose transforms really run."""

    cluster: Cluster = field(kw_only=True)

    def deploy(self, body: bytes) -> None:
        super().deploy(body)
        made = [*self.transforms.values()][-1]
        variables = {one["key"]: one["value"] for one in made.environment}
        spec = TransformSpec(
            name=made.name, input_topic=made.input_topic, output_topics=tuple(made.output_topics), environment=variables
        )
        self.cluster.run(self.cluster.executor.deploy(spec, read_module(made.code)))

    def _listed(self, one: Deployed) -> dict[str, Any]:
        listed = super()._listed(one)
        (found,) = [view for view in self.cluster.run(self.cluster.executor.statuses()) if view.name == one.name]
        for row, partition in zip(listed["status"], found.partitions, strict=False):
            row["lag"] = partition.lag or 0
        return listed


def main() -> None:
    with ExitStack() as servers:
        folder = servers.enter_context(tempfile.TemporaryDirectory())
        broker = local.up(port=KAFKA_PORT, data=Path(folder) / "kafka")
        servers.callback(local.down, port=broker.port)
        cluster = Cluster(f"kafka://{broker.bootstrap}")
        handler = type("Bound", (AdminHandler,), {"state": RunningState(cluster=cluster, topics=Topics(cluster))})
        servers.enter_context(http_frame.serving(handler, port=ADMIN_PORT))
        servers.enter_context(registry_server.serving(port=REGISTRY_PORT))
        servers.enter_context(serving_proxy(KafkaLog(f"kafka://{broker.bootstrap}"), port=PROXY_PORT))
        print(f"Kafka at {broker.bootstrap}; the other interfaces at their ports", flush=True)  # noqa: T201 - for a person
        threading.Event().wait()


if __name__ == "__main__":
    main()
