"""Defines the flows of the demo system: chains of events with their causes, delays and failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from workbench.decoding.conventions.contract import encode_bytes
from workbench.demo.world import GOALS, NODES, PEOPLE, TOOLS, Sent, World
from workbench.model import NewRecord
from workbench.text import iso_text

if TYPE_CHECKING:
    from collections.abc import Callable


FAILING_ATTEMPTS = 0.2
"""Share of task attempts that fail; three failures in a row make a dead letter."""

HANGING_FLOWS = 0.03
"""Share of workflows that stop after their first event."""


class WorkflowFlow:
    """Writes the events of one user request: plan, parallel tasks, artifacts, delivery; with retries and dead letters.

    Attributes:
        sent: Everything the flow wrote, in the order of causes.
    """

    def __init__(self, world: World, start_ms: int) -> None:
        self._world = world
        self._now = start_ms
        self._correlation = world.new_id()
        self.sent: list[Sent] = []

    def run(self) -> list[Sent]:
        """Write the flow to its end, or to the event after which it stops."""
        rng = self._world.rng
        user, goal = rng.choice(PEOPLE), rng.choice(GOALS)
        request = {"goal": goal, "requested_by": user, "deadline_s": rng.choice([30, 60, 300])}
        priority = rng.choice([3, 5, 5, 5, 7, 9])
        created = self._send(0, "workflow.created", "gateway", request, None, user=user, priority=priority)
        started = self._send(40, "workflow.started", "workflow-engine", {"goal": goal, "plan_version": 3}, created)
        if rng.random() < HANGING_FLOWS:
            return self.sent
        artifacts = [out for index in range(rng.choice([2, 3, 3, 4, 6])) if (out := self._task(index, started))]
        self._finish(started, artifacts)
        return self.sent

    def _send(
        self,
        typical_ms: float,
        event_type: str,
        source: str,
        payload: dict[str, Any],
        cause: Sent | None,
        *,
        user: str | None = None,
        priority: int = 5,
    ) -> Sent:
        after = self._now if cause is None else cause.at_ms
        at_ms = after + (self._world.delay_ms(typical_ms) if typical_ms else 0)
        sent = self._world.send(
            at_ms,
            event_type,  # type: ignore[arg-type]  # literals of the contract, passed on
            source,
            payload,
            correlation_id=self._correlation,
            cause=cause.event_id if cause else None,
            user=user,
            priority=priority,
        )
        self.sent.append(sent)
        return sent

    def _task(self, index: int, started: Sent) -> Sent | None:
        rng = self._world.rng
        tool, node = rng.choice(TOOLS), rng.choice(NODES)
        task = {"task": f"step-{index + 1}", "tool": tool, "node": node}
        cause = self._send(25, "task.scheduled", "scheduler", task, started)
        for attempt in range(1, 4):
            begun = self._send(60, "task.started", f"worker-{node[-2:]}", {**task, "attempt": attempt}, cause)
            if rng.random() > FAILING_ATTEMPTS:
                return self._produce(task, begun)
            problem = rng.choice(["TimeoutError: tool did not answer", "ValueError: page 17 has no table"])
            failed = {**task, "attempt": attempt, "error": problem}
            cause = self._send(900, "task.failed", f"worker-{node[-2:]}", failed, begun)
        self._dead_letter(cause, problem)
        return None

    def _produce(self, task: dict[str, Any], begun: Sent) -> Sent:
        rng = self._world.rng
        size = int(rng.lognormvariate(9, 1.2))
        result = {**task, "tokens": rng.randint(80, 4_000), "duration_ms": rng.randint(20, 3_000)}
        done = self._send(350, "task.completed", begun_source(begun), result, begun)
        kind = rng.choice(["text/markdown", "application/pdf", "text/csv"])
        artifact = {"artifact": f"{task['task']}.{kind[-3:]}", "media_type": kind, "size_bytes": size}
        return self._send(30, "artifact.created", "artifact-store", artifact, done)

    def _dead_letter(self, failed: Sent, problem: str) -> None:
        kind, _, message = problem.partition(": ")
        record = failed.record
        payload = {
            "original_event": orjson.loads(record.value or b"{}")["payload"],
            "error_message": message,
            "failed_at": iso_text(failed.at_ms + 5),
            "original_topic": record.topic,
            "original_key_b64": encode_bytes(record.key),
            "original_value_b64": encode_bytes(record.value),
            "error_type": kind,
            "attempts": 3,
            "consumer_group": f"{self._world.prefix}.{self._world.environment}.task_workers",
            "dlq_schema_version": "1.0.0",
        }
        self._send(5, "system.dead_letter", "error_handler", payload, failed)

    def _finish(self, started: Sent, artifacts: list[Sent]) -> None:
        if not artifacts:
            self._send(4_000, "workflow.failed", "workflow-engine", {"reason": "no task succeeded"}, started)
            return
        last = max(artifacts, key=lambda sent: sent.at_ms)
        ingested = self._send(80, "data.ingested", "data-pipeline", {"rows": self._world.rng.randint(10, 9_000)}, last)
        self.sent.append(self._delivery(artifacts, ingested))
        payload = {"artifacts": len(artifacts), "duration_ms": ingested.at_ms - self._now}
        self._send(45, "workflow.completed", "workflow-engine", payload, ingested)

    def _delivery(self, artifacts: list[Sent], ingested: Sent) -> Sent:
        """Write the delivery after all artifacts, in the CDEvents convention, which can name several causes."""
        event_id, at_ms = self._world.new_id(), ingested.at_ms + self._world.delay_ms(120)
        causes = [*artifacts, ingested]
        body = {
            "context": {
                "version": "0.4.1",
                "id": event_id,
                "chainId": self._correlation,
                "source": "delivery",
                "type": "dev.cdevents.artifact.packaged.0.2.0",
                "timestamp": iso_text(at_ms),
                "links": [{"linkType": "PATH", "from": {"contextId": cause.event_id}} for cause in causes],
            },
            "subject": {"id": f"bundle/{event_id[:8]}", "type": "artifact", "content": {"parts": len(artifacts)}},
        }
        topic, key = self._world.topic("delivery_events"), self._correlation.encode()
        headers = ((b"content-type", b"application/json"),)
        record = NewRecord(topic, key, orjson.dumps(body), headers, None, at_ms)
        return Sent(record, event_id, self._correlation)


def begun_source(begun: Sent) -> str:
    """Return the name of the worker that started a task."""
    return dict(begun.record.headers)[b"source"].decode()  # type: ignore[union-attr]  # always written


def user_flow(world: World, start_ms: int) -> list[Sent]:
    """Write the events of one user: created, updated, sometimes deleted; then the last record is a tombstone."""
    user, correlation = world.rng.choice(PEOPLE), world.new_id()
    profile = {"user_id": user, "email": f"{user}@example.org", "plan": world.rng.choice(["free", "team"])}
    first = world.send(start_ms, "user.created", "user-service", profile, correlation_id=correlation, user=user)
    at_ms = first.at_ms + world.delay_ms(2_500)
    change = {**profile, "plan": "team"}
    second = world.send(
        at_ms,
        "user.updated",
        "user-service",
        change,
        correlation_id=correlation,
        cause=first.event_id,
        user=user,
    )
    gone = NewRecord(world.topic("user_profiles"), user.encode(), None, (), None, at_ms + world.delay_ms(900))
    kept = NewRecord(world.topic("user_profiles"), user.encode(), orjson.dumps(change), (), None, at_ms + 3)
    last = gone if world.rng.random() < 0.3 else kept  # noqa: PLR2004 - three in ten leave
    return [first, second, Sent(last, "", correlation)]


def platform_flow(world: World, start_ms: int) -> list[Sent]:
    """Write the events of nodes and tools: registered, reporting, removed."""
    rng, correlation = world.rng, world.new_id()
    node, tool = rng.choice(NODES), rng.choice(TOOLS)
    spec = {"node": node, "cpu": rng.choice([4, 8, 16]), "version": "2.7.1"}
    first = world.send(start_ms, "node.registered", "node-registry", spec, correlation_id=correlation)
    offer = {"tool": tool, "node": node, "schema_hash": f"{rng.getrandbits(32):08x}"}
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("mcp.tool_registered", "mcp-registry", offer),
        ("node.health_update", "node-registry", {"node": node, "load": round(rng.random(), 3), "healthy": True}),
        ("mcp.health_check", "mcp-registry", {"tool": tool, "latency_ms": rng.randint(3, 90)}),
        ("system.health_check", "monitor", {"nodes": len(NODES), "healthy": len(NODES) - rng.randint(0, 1)}),
    ]
    if rng.random() < 0.2:  # noqa: PLR2004 - one in five leaves
        steps.append(("node.deregistered", "node-registry", {"node": node, "reason": "drained"}))
    sent = [first]
    for event_type, source, payload in steps:
        at_ms = sent[-1].at_ms + world.delay_ms(700)
        cause = sent[-1].event_id
        sent.append(
            world.send(at_ms, event_type, source, payload, correlation_id=correlation, cause=cause),  # type: ignore[arg-type]
        )
    return sent


def data_flow(world: World, start_ms: int) -> list[Sent]:
    """Write the events of one batch of data in a pipeline."""
    correlation, rows = world.new_id(), world.rng.randint(100, 50_000)
    first = world.send(
        start_ms,
        "data.ingested",
        "data-pipeline",
        {"rows": rows, "source": "s3"},
        correlation_id=correlation,
    )
    second = world.send(
        first.at_ms + world.delay_ms(1_800),
        "data.processed",
        "data-pipeline",
        {"rows": rows, "dropped": world.rng.randint(0, 12)},
        correlation_id=correlation,
        cause=first.event_id,
    )
    third = world.send(
        second.at_ms + world.delay_ms(600),
        "data.exported",
        "data-pipeline",
        {"rows": rows, "target": "warehouse"},
        correlation_id=correlation,
        cause=second.event_id,
    )
    return [first, second, third]


FLOWS: tuple[tuple[float, Callable[[World, int], list[Sent]]], ...] = (
    (0.55, lambda world, at_ms: WorkflowFlow(world, at_ms).run()),
    (0.15, user_flow),
    (0.15, platform_flow),
    (0.15, data_flow),
)
"""Share of each kind among the flows."""
