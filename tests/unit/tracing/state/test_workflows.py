"""Workflow runs at a time."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from event_rows import at, table

from workbench.tracing.state import workflows_at


def states(frame):
    return dict(zip(frame["workflow_id"], frame["state"], strict=True))


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


def test_workflow_frames_have_their_columns_without_any_event():
    frame = workflows_at(table())
    assert frame.empty
    assert str(frame["since"].dtype).startswith("datetime64")
