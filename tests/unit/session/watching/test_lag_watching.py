"""Samples of lag reach a snapshot from a watch and from a recording, and come back as frames."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

import workbench as wb
from workbench.errors import ConfigurationError, SnapshotError, SnapshotLockedError, WindowError
from workbench.model import NewRecord, TopicPartition
from workbench.testing import wait_until


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name()}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders")
        async with opened.log.writer() as writer:
            await writer.send([NewRecord("orders", value=b"x", partition=0) for _ in range(3)])
        await opened.log.commit_offsets("billing", {TopicPartition("orders", 0): 1})
        yield opened


async def test_a_recording_is_read_back(cluster, tmp_path):
    said = []
    live = await cluster.record_lag(
        tmp_path / "lag.duckdb", interval_s=0.02, duration=timedelta(seconds=1), progress=said.append
    )
    with wb.open(tmp_path / "lag.duckdb") as snap:
        stored = snap.lag()
        assert stored.frame.equals(live.frame)
        assert stored.rounds == live.rounds
        assert stored.groups["lag"].tolist() == [2]
        assert len(stored.newest.frame) == 1
        assert snap.lag("other*").frame.empty
        assert snap.sql("SELECT lag, lost FROM lag_now").to_numpy().tolist() == [[2, 0]]
        assert repr(stored) == repr(live)
    assert len(said) == len(live.rounds) >= 2


async def test_a_part_of_the_time(cluster, tmp_path):
    live = await cluster.record_lag(tmp_path / "lag.duckdb", interval_s=0.01, duration="1s")
    second = live.rounds[1].started_at_ms
    with wb.open(tmp_path / "lag.duckdb") as snap:
        at = f"@{live.frame['at'].iloc[1].isoformat()}"
        assert len(snap.lag(end=at).rounds) + len(snap.lag(start=at).rounds) == len(live.rounds)
        assert all(taken.started_at_ms <= second for taken in snap.lag(end=at).rounds)
        assert snap.lag(cluster_id="another").frame.empty
        with pytest.raises(WindowError, match="is no time"):
            snap.lag(start="-15")


async def test_a_watch_records_while_a_capture_writes_the_same_file(cluster, tmp_path):
    with wb.open(tmp_path / "both.duckdb", write=True) as snap:
        capture = asyncio.create_task(cluster.capture("orders", into=snap, follow=True, progress=False))
        panel = cluster.watch_lag(interval_s=0.02, record=snap)
        await wait_until(lambda: len(snap.lag().rounds) >= 3, what="recorded samples")
        await wait_until(lambda: snap.sql("SELECT count(*) AS n FROM events")["n"][0] == 3, what="captured events")
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord("orders", value=b"y", partition=0)])
        await wait_until(lambda: snap.sql("SELECT count(*) AS n FROM events")["n"][0] == 4, what="the next event")
        await wait_until(lambda: snap.lag().groups["lag"].fillna(-1).tolist() == [3], what="a sample that counts it")
        capture.cancel()
        with pytest.raises(asyncio.CancelledError):
            await capture
        await panel.stop()
        await wait_until(lambda: panel.feed.state == "stopped", what="the end of the watch")
        panel.close()
        assert cluster.tasks.failures == ()
        shown = panel.feed.frame()
        # A round that is being stored when the watch is stopped is in the file alone.
        assert snap.lag().frame.head(len(shown)).equals(shown)


async def test_a_file_that_a_watch_opened_is_closed_with_it(cluster, tmp_path):
    path = tmp_path / "lag.duckdb"
    panel = cluster.watch_lag(interval_s=0.02, record=path)
    await wait_until(lambda: panel.feed.version >= 1, what="a sample")
    with pytest.raises(SnapshotLockedError):
        cluster.watch_lag("billing", record=path)
    panel.close()
    with wb.open(path) as snap:
        assert not snap.lag().frame.empty


async def test_a_watch_ends_its_predecessor_and_takes_up_its_file(cluster, tmp_path):
    path = tmp_path / "lag.duckdb"
    former = cluster.watch_lag(interval_s=0.02, record=path)
    await wait_until(lambda: former.feed.version >= 2, what="samples")
    panel = cluster.watch_lag(interval_s=0.02, record=path)
    taken = former.feed.version
    await wait_until(lambda: panel.feed.version >= 2, what="samples of the second")
    assert (former.feed.state, former.comm) == ("stopped", None)
    assert former.feed.version <= taken + 1
    other = cluster.watch_lag("billing", interval_s=0.02)
    await wait_until(lambda: other.feed.version >= 1, what="samples of the other")
    assert panel.feed.state == "live"
    await cluster.aclose()
    with wb.open(path) as snap:
        assert len(snap.lag().rounds) >= former.feed.version + 2
    assert cluster.tasks.failures == ()


async def test_a_watch_whose_cluster_was_closed_says_so_and_keeps_its_sample(cluster):
    panel = cluster.watch_lag(interval_s=0.02)
    await wait_until(lambda: panel.feed.version >= 1, what="a sample")
    await cluster.aclose()
    panel.refresh()
    assert panel.sheet._state == "closed"
    assert "billing" in str(panel.snapshot())


async def test_a_recording_wants_a_snapshot_that_can_be_written(cluster, tmp_path):
    with wb.open(tmp_path / "lag.duckdb", write=True):
        pass
    with wb.open(tmp_path / "lag.duckdb") as snap, pytest.raises(SnapshotError, match="open for reading only"):
        cluster.watch_lag(record=snap)
    with pytest.raises(WindowError, match="give a number and a unit"):
        await cluster.record_lag(tmp_path / "lag.duckdb", duration="soon")


async def test_a_closed_cluster_samples_no_more(cluster):
    await cluster.aclose()
    with pytest.raises(ConfigurationError, match="is closed; connect again"):
        await cluster.lag()


async def test_the_chart_is_displayed_without_a_widget(cluster, monkeypatch):
    shown = []
    monkeypatch.setattr("plotly.graph_objects.Figure.show", lambda figure, config: shown.append((figure, config)))
    assert (await cluster.lag()).show() is None
    ((figure, config),) = shown
    assert figure.data
    assert config["plotlyServerURL"] == ""
