"""The demo traffic is the same for the same seed, in time order, and has the faults it promises."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

import pytest

from workbench.demo import Traffic
from workbench.demo.traffic import TOPICS
from workbench.demo.world import SKEWED_SERVICE
from workbench.model.events.event import EventType, ExtensionEventType

if TYPE_CHECKING:
    from workbench.model import NewRecord

START_MS = 1_772_000_000_000
HALF_HOUR_MS = 1_800_000


@pytest.fixture(scope="module")
def history() -> list[NewRecord]:
    return Traffic(seed=11, rate=20).history(START_MS, START_MS + HALF_HOUR_MS)


@pytest.fixture(scope="module")
def bodies(history: list[NewRecord]) -> list[dict[str, Any]]:
    """The events of the contract, in their order."""
    bodies = []
    for record in history:
        try:
            body = json.loads(record.value or b"null")
        except ValueError:
            continue
        if isinstance(body, dict) and "event_id" in body:
            bodies.append(body)
    return bodies


def test_same_seed_same_history(history):
    end_ms = START_MS + HALF_HOUR_MS // 6
    again, other = (Traffic(seed=seed, rate=20).history(START_MS, end_ms) for seed in (11, 12))
    assert len(again) > 4_000
    assert again == [record for record in history if (record.timestamp_ms or 0) < end_ms]
    assert other != again


def test_records_come_in_time_order_at_about_the_rate(history):
    times = [record.timestamp_ms for record in history]
    assert times == sorted(times)
    assert len(history) / (HALF_HOUR_MS / 1000) == pytest.approx(20, rel=0.15)


def test_every_topic_and_the_contracts_own_types_occur(history, bodies):
    assert {record.topic for record in history} == {f"onex.dev.{name}" for name in TOPICS}
    types = {body["event_type"] for body in bodies}
    assert types <= set(get_args(EventType)) | set(get_args(ExtensionEventType))
    assert {
        "workflow.completed",
        "task.failed",
        "system.dead_letter",
        "node.registered",
        "mcp.tool_registered",
    } <= types


def test_causes_are_events_of_the_same_flow(bodies):
    flow_of = {body["event_id"]: body["metadata"]["correlation_id"] for body in bodies}
    named = [body for body in bodies if body["metadata"]["causation_id"]]
    found = [body for body in named if body["metadata"]["causation_id"] in flow_of]
    assert len(found) / len(named) > 0.98
    for body in found:
        assert flow_of[body["metadata"]["causation_id"]] == body["metadata"]["correlation_id"]


def test_it_has_joins_fan_out_tombstones_copies_late_and_broken_records(history, bodies):
    effects: dict[str, int] = defaultdict(int)
    for body in bodies:
        effects[str(body["metadata"]["causation_id"])] += 1
    effects.pop("None")
    assert max(effects.values()) >= 4
    joins = [json.loads(r.value) for r in history if r.topic.endswith("delivery_events") and b"\xff" not in r.value]
    assert max(len(body["context"]["links"]) for body in joins) >= 3
    assert any(record.value is None for record in history)
    assert any(b"\xff\xfe" in (record.value or b"") for record in history)
    ids = Counter(body["event_id"] for body in bodies)
    assert max(ids.values()) == 2
    late = [r for r in history if "user" not in r.topic and b"event_id" in (r.value or b"") and lateness_ms(r) > 50_000]
    assert late


def test_one_service_has_a_skewed_clock_and_some_flows_stay_unfinished(bodies):
    by_id = {body["event_id"]: body for body in bodies}
    skewed = [body for body in by_id.values() if body["metadata"]["source"] == SKEWED_SERVICE]
    early = [b for b in skewed if (c := by_id.get(b["metadata"]["causation_id"])) and b["timestamp"] < c["timestamp"]]
    assert len(early) > len(skewed) * 0.9
    kinds: dict[str, set[str]] = defaultdict(set)
    for body in by_id.values():
        kinds[body["metadata"]["correlation_id"]].add(body["event_type"])
    assert any(types == {"workflow.created", "workflow.started"} for types in kinds.values())


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Traffic(rate=0)


def lateness_ms(record: NewRecord) -> float:
    try:
        stamped = datetime.fromisoformat(json.loads(record.value or b"{}")["timestamp"])
    except (ValueError, KeyError):
        return 0.0
    return (record.timestamp_ms or 0) - stamped.timestamp() * 1000
