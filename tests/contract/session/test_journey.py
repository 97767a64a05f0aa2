"""The ten lines of the README, on an embedded cluster and on a real Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import workbench as wb
from workbench.bus import open_log
from workbench.session.demonstration import demo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATTERN = "onex.dev.*"


@pytest.fixture
async def cluster(address: str) -> AsyncIterator[wb.Cluster]:
    await remove_traffic(address)
    async with await demo(address, history_s=120, live=False) as made:
        yield made
    await remove_traffic(address)


async def remove_traffic(address: str) -> None:
    """Delete the topics of the traffic, also those that a notebook before this test has left on the same Kafka."""
    async with open_log(address) as log:
        for info in await log.describe():
            if info.name.startswith("onex.dev."):
                await log.delete_topic(info.name)


async def test_the_whole_journey(cluster, tmp_path: Path):
    topics = await cluster.topics(PATTERN)
    assert {"onex.dev.task_events", "onex.dev.dead_letter_queue"} <= set(topics["topic"])
    assert topics.attrs["provenance"][0]["cluster_id"] == cluster.cluster_id

    snap = await cluster.capture(PATTERN, into=tmp_path / "journey.duckdb", start="start", progress=False)
    with snap:
        assert len(snap.sql("select * from records")) == int(topics["records_at_most"].sum())
        assert set(snap.provenance["state"]) == {"complete"}

        # Of some flows the demo loses an event: what came of it does not hang on the root.
        flows = snap.flows().frame.query("gaps == 0 and roots == 1 and depth > 5")
        flow = flows.sort_values("events").iloc[-1]["correlation_id"]
        trace = snap.trace(correlation_id=flow)
        assert len(trace) >= 8
        assert "workflow.created" in repr(trace)
        root = trace.roots["event_id"].iloc[0]
        assert len(trace.descendants(root)) == len(trace) - 1

        plan = await cluster.plan(snap.replay(trace))
        before = {row["topic"] for row in await cluster.topic_rows("*")}
        with pytest.raises(wb.ReplayRefused, match=plan.token):
            await cluster.run(plan)
        assert {row["topic"] for row in await cluster.topic_rows("*")} == before
        report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified"
        assert report.counts["acked"] == len(plan.sent)
        for name in plan.facts.target_topics:
            await cluster.log.delete_topic(name)


async def test_capturing_again_adds_only_what_is_new(cluster, tmp_path: Path):
    path = tmp_path / "again.duckdb"
    for _ in range(2):
        with await cluster.capture("onex.dev.task_events", into=path, progress=False) as snap:
            rows = snap.sql('select count(*) n, count(distinct ("partition", "offset")) d from records')
            assert rows["n"].iloc[0] == rows["d"].iloc[0] > 0
            count = int(rows["n"].iloc[0])
    with wb.open(path) as snap:
        assert snap.read_only
        assert int(snap.sql("select count(*) n from events")["n"].iloc[0]) == count


async def test_lag_of_the_group_that_stopped(cluster):
    lag = await cluster.lag("onex.dev.auditor")
    assert lag.groups["state"].tolist() == ["Empty"]
    assert (lag.frame["lag"] > 0).any()
    assert all(row["group_id"] == "onex.dev.auditor" for row in lag.rows())


async def test_a_read_only_connection_plans_and_does_not_run(cluster, address, tmp_path: Path):
    async with await wb.connect(address) as reader:
        assert not reader.writable
        with await reader.capture("onex.dev.data_events", into=tmp_path / "r.duckdb", progress=False) as snap:
            plan = await reader.plan(snap.replay("event_type = 'data.ingested'"))
            assert any("G-3" in str(refusal) for refusal in plan.refusals)
            with pytest.raises(wb.ReplayRefused, match="G-3"):
                await reader.run(plan, confirm=plan.token)
            async with await wb.connect(address, write=True, reason="INC-42") as writer:
                report = await writer.run(plan, confirm=plan.token)
            assert report.state == "verified"
            for name in plan.facts.target_topics:
                await cluster.log.delete_topic(name)


async def test_selections_of_every_kind_mean_the_same_records(cluster, tmp_path: Path):
    with await cluster.capture("onex.dev.data_events", into=tmp_path / "s.duckdb", progress=False) as snap:
        condition = "event_type = 'data.exported'"
        frame = snap.events(where=condition)
        by_condition = snap.replay(condition)
        by_frame = snap.replay(frame[["topic", "partition", "offset"]])
        by_table = snap.replay(snap.sql_arrow(f'select source_id, partition, "offset" from events where {condition}'))
        assert len(by_condition) == len(by_frame) == len(by_table) == len(frame) > 0
        for bad in ("event_type = 'nothing'", pd.DataFrame({"a": [1]}), 7):
            with pytest.raises(wb.ValidationError):
                snap.replay(bad)
        with pytest.raises(TypeError, match="timestamps"):
            snap.replay(condition, timestamp="now")


async def test_errors_say_what_to_do(cluster, tmp_path: Path):
    with pytest.raises(wb.UnknownTopicError, match=r"onex\.dev\.task_events"):
        await cluster.topics("onex.dev.task_event")
    with pytest.raises(wb.UnknownTopicError, match="matches no topic"):
        await cluster.capture("nothing.*", into=tmp_path / "n.duckdb", progress=False)
    with pytest.raises(wb.WindowError):
        await cluster.capture(PATTERN, into=tmp_path / "n.duckdb", start="yesterday", progress=False)
    with pytest.raises(wb.ConfigurationError, match="reason"):
        await wb.connect("memory://x", write=True)
    with pytest.raises(wb.ConfigurationError, match=r"wb\.demo"):
        await wb.connect()


@pytest.mark.broker
async def test_observing_leaves_no_group_and_no_commit(kafka_address, tmp_path: Path):
    async with await demo(f"kafka://{kafka_address}", history_s=30, live=False) as cluster:
        before = {group: await cluster.log.committed(group) for group in await cluster.log.groups()}
        async with await wb.connect(f"kafka://{kafka_address}") as reader:
            await reader.topics(PATTERN)
            await reader.lag()
            with await reader.capture(PATTERN, into=tmp_path / "o.duckdb", progress=False) as snap:
                assert len(snap.events(limit=10)) == 10
        after = {group: await cluster.log.committed(group) for group in await cluster.log.groups()}
        ours = {group for group in after if group.startswith("onex.dev.")}
        assert {group: after[group] for group in ours} == {group: before[group] for group in ours}
        assert not [group for group in set(after) - set(before) if "workbench" in group]
        for row in await cluster.topic_rows("*"):
            if row["topic"].startswith("onex.dev."):
                await cluster.log.delete_topic(row["topic"])
