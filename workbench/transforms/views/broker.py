"""Runs views on a Redpanda broker, through its Admin API; their log lines are in a topic of the cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.model import Span, TopicPartition
from workbench.transforms.views.state import ViewLine, ViewPartition, ViewStatus

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.bus.redpanda import AdminClient
    from workbench.transforms.guest.module import TransformModule
    from workbench.transforms.spec import TransformSpec

LOG_TOPIC = "_redpanda.transform_logs"
"""The topic that brokers write the log lines of all transforms to."""
_LOG_RECORDS = 200
"""Newest records of each partition of the log topic that are looked into."""
_WAIT_MS = 200
_LEVELS = {9: "info", 13: "warn", 17: "error"}
"""Severities of OpenTelemetry, as the brokers write them."""


class BrokerExecutor:
    """Deploys to the brokers of a cluster."""

    kind = "broker"

    def __init__(self, admin: AdminClient, log: RecordLog) -> None:
        self._admin = admin
        self._log = log

    async def deploy(self, spec: TransformSpec, module: TransformModule) -> None:
        await self._admin.deploy(
            spec.name,
            module.code,
            input_topic=spec.input_topic,
            output_topics=spec.output_topics,
            environment=spec.environment,
            offset=("from_start", 0),
        )

    async def statuses(self) -> list[ViewStatus]:
        return [
            ViewStatus(
                one.name,
                one.input_topic,
                one.output_topics,
                self.kind,
                tuple(ViewPartition(state.partition, state.status, state.lag) for state in one.partitions),
                one.environment,
            )
            for one in await self._admin.transforms()
        ]

    async def pause(self, name: str) -> None:
        await self._admin.pause(name)

    async def resume(self, name: str) -> None:
        await self._admin.resume(name)

    async def delete(self, name: str) -> None:
        await self._admin.delete(name)

    async def last_lines(self, name: str) -> list[ViewLine]:
        try:
            return sorted(await self._lines(name), key=lambda line: line.at_ms or 0)
        except WorkbenchError:
            return []

    async def _lines(self, name: str) -> list[ViewLine]:
        infos = await self._log.describe([LOG_TOPIC])
        partitions = [TopicPartition(LOG_TOPIC, one.partition) for info in infos for one in info.partitions]
        if not partitions:
            return []
        begins, ends = await self._log.offsets(partitions, "earliest"), await self._log.offsets(partitions, "latest")
        spans = []
        for where in partitions:
            begin, end = begins[where] or 0, ends[where] or 0
            if end > begin:
                spans.append(Span(LOG_TOPIC, where.partition, max(begin, end - _LOG_RECORDS), end))
        found: list[ViewLine] = []
        if spans:
            async with self._log.reader(spans) as reader:
                while not reader.done:
                    for chunk in await reader.read(max_wait_ms=_WAIT_MS):
                        found += [
                            log_line(record.value, record.timestamp_ms)
                            for record in chunk.rows()
                            if record.key == name.encode()
                        ]
        return found


def log_line(value: bytes | None, at_ms: int) -> ViewLine:
    """Return the line in a record of the log topic; the bytes as text where they have another form."""
    text = (value or b"").decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
        line = str(found["body"]["stringValue"])
        level = _LEVELS.get(found.get("severityNumber"), "")
        attributes = {one["key"]: one["value"] for one in found.get("attributes", ())}
        node = attributes.get("node", {}).get("intValue")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ViewLine(text, at_ms=at_ms)
    return ViewLine(line, level, at_ms, "" if node is None else f"node {str(node)[:20]}")
