"""Workflow runs, registry and dead letters as seen in a table of events."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest

from workbench.decoding.fingerprint import fingerprint, normalised
from workbench.replay.dead_letters import triage
from workbench.testing.events import event_table
from workbench.tracing.state import registry_at, workflows_at

SECOND = 1_000_000
VECTORS = [
    ("ValueError", "order 17 has price -3.50", "order <n> has price <n>", "94e8757d82cf"),
    ("ValueError", "order 18 has price -12", "order <n> has price <n>", "94e8757d82cf"),
    ("KeyError", "'customer_id'", "'customer_id'", "3252c773c9be"),
    ("KeyError", "'order_id'", "'order_id'", "fc6df4f02b7c"),
    (
        "TimeoutError", "10.0.0.7:5432 did not answer at 2026-01-02T03:04:05Z (try 3)",
        "<addr> did not answer at <time> (try <n>)", "3940692fdb63",
    ),
    ("HTTPError", "id 550e8400-e29b-41d4-a716-446655440000 gone", "id <uuid> gone", "3e450f4ccd19"),
    (
        "E", "item-17 of v2 at 2026-01-02 03:04:05,123 ref deadbeef1 deadbeef 12345678 0xFF",
        "item-<n> of v2 at <time> ref <hex> deadbeef <n> <hex>", "9391d81ff108",
    ),
]  # fmt: skip


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def table(*rows: tuple):
    whole = []
    for number, (seconds, event_type, payload, *more) in enumerate(rows):
        extra = more[0] if more else {}
        value = json.dumps({"payload": payload}).encode()
        whole.append(
            {"t": seconds * SECOND, "event_type": event_type, "event_id": f"e{number}", "value": value, **extra}
        )
    return event_table(whole)


def states(frame):
    return dict(zip(frame["workflow_id"], frame["state"], strict=True))


@pytest.mark.promise("RS-8")
@pytest.mark.parametrize(("kind", "message", "text", "digits"), VECTORS)
def test_fingerprints_are_the_references(kind, message, text, digits):
    assert normalised(message) == text
    assert fingerprint(kind, message) == digits


WORKFLOWS = table(
    (1, "workflow.created", {"workflow_id": "w1"}),
    (2, "workflow.started", {"workflow_id": "w1"}),
    (3, "workflow.started", {}, {"correlation_id": "flow-2"}),
    (4, "workflow.paused", {"workflow_id": "w1"}),
    (4, "task.started", {"workflow_id": "w1"}),
    (6, "workflow.completed", {"workflow_id": "w1"}),
    (7, "workflow.failed", {}, {"correlation_id": "flow-2"}),
    (8, "workflow.started", {}, {"correlation_id": None}),
)


def test_workflow_runs_at_any_moment():
    assert states(workflows_at(WORKFLOWS, at(0))) == {}
    assert states(workflows_at(WORKFLOWS, at(1))) == {"w1": "created"}
    assert states(workflows_at(WORKFLOWS, at(5))) == {"w1": "paused", "flow-2": "running"}
    end = workflows_at(WORKFLOWS)
    assert states(end) == {"w1": "completed", "flow-2": "failed"}
    assert list(end["ended"]) == [True, True]
    first = end.iloc[0]
    assert (first["events"], first["created"], first["since"]) == (4, pd.Timestamp(at(1)), pd.Timestamp(at(6)))


def test_the_order_of_rows_does_not_matter_and_copies_count_once():
    turned = WORKFLOWS.take(pa.array(range(WORKFLOWS.num_rows - 1, -1, -1)))
    twice = pa.concat_tables([turned, WORKFLOWS])
    pd.testing.assert_frame_equal(workflows_at(twice), workflows_at(WORKFLOWS))


def test_frames_have_their_columns_without_any_event():
    for frame in (workflows_at(table()), registry_at(table())):
        assert frame.empty
        assert str(frame["since"].dtype).startswith("datetime64")
    assert len(triage(table())) == 0
    assert "no dead letter" in repr(triage(table()))


@pytest.mark.promise("IN-6")
def test_the_registry_at_any_moment():
    events = table(
        (1, "node.registered", {"node_id": "n1"}),
        (2, "mcp.tool_registered", {"tool_name": "search"}),
        (3, "mcp.subsystem_registered", {"subsystem": "billing"}),
        (4, "node.health_update", {"node_id": "n1", "status": "degraded"}),
        (5, "mcp.health_check", {"tool_name": "search", "status": "ok"}),
        (6, "node.deregistered", {"node_id": "n1"}),
        (7, "node.health_update", {"status": "ok"}, {"source": "n2"}),
        (8, "mcp.health_check", {"status": "ok"}, {"source": "nobody"}),
    )
    before = registry_at(events, at(2))
    assert list(zip(before["kind"], before["name"], strict=True)) == [("node", "n1"), ("tool", "search")]
    end = registry_at(events).set_index("name")
    assert list(end.index) == ["n1", "n2", "billing", "search"]
    assert (end.loc["n1", "registered"], end.loc["n1", "health"], end.loc["n1", "events"]) == (False, "degraded", 3)
    assert (end.loc["search", "registered"], end.loc["search", "health"]) == (True, "ok")
    assert pd.isna(end.loc["n2", "registered"])
    assert end.loc["n1", "since"] == pd.Timestamp(at(6))


def dead(kind, message, topic, n, **more):
    error = {"type": kind, "message": message, "stage": None, "attempts": 3}
    return {
        "t": n * SECOND,
        "event_id": f"d{n}",
        "event_type": "system.dead_letter",
        "topic": topic,
        "error": error,
    } | more


def origin(topic, partition, offset, via):
    names = ("timestamp_ms", "group", "via_hop")
    return {"topic": topic, "partition": partition, "offset": offset, "via": via, **dict.fromkeys(names)}


@pytest.mark.promise("RS-8", "KA-10")
def test_dead_letters_are_grouped_by_what_failed_alike():
    events = event_table([
        dead("ValueError", "order 17 has price -3.50", "onex.dev.dead_letter_queue", 1,
             origin=origin("onex.dev.orders", 0, 7, "contract_dlq")),
        dead("ValueError", "order 18 has price -12", "onex.dev.dead_letter_queue", 2,
             origin=origin("onex.dev.orders", 1, 3, "contract_dlq")),
        dead("KeyError", "'order_id'", "payments.DLT", 3, event_type=None),
        dead("KeyError", "'order_id'", "failed", 4, event_type="x"),
        {"t": 5, "event_id": "alive", "event_type": "user.created", "topic": "onex.dev.user_events"},
    ])  # fmt: skip
    found = triage(events, origins={"failed": "payments"})
    assert len(found) == 4
    assert list(found.groups["fingerprint"]) == ["94e8757d82cf", "fc6df4f02b7c"]
    assert list(found.groups["records"]) == [2, 2]
    assert list(found.groups["guessed"]) == [0, 1]
    assert list(found.groups["origins"]) == [["onex.dev.orders"], ["payments"]]
    assert list(found.frame["origin_via"]) == ["contract_dlq", "contract_dlq", "topic_name", "user"]
    assert list(found.frame["origin_offset"][:2]) == [7, 3]
    assert list(found.sample("94e8757d82cf", 1)["event_id"]) == ["d1"]
    assert list(found.sample("94e8757d82cf")["event_id"]) == ["d1", "d2"]
    with pytest.raises(KeyError):
        found.sample("nothing")
    assert "94e8757d82cf" in repr(found)
    assert "order &lt;n&gt; has" in found._repr_html_()
