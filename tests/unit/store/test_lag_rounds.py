"""Rounds of lag go into a snapshot whole and come back as they were taken; the views agree with the frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from workbench.errors import SnapshotError
from workbench.lag import group_totals, lag_frame
from workbench.lag.history import read_rounds, write_rounds
from workbench.model import GroupInfo, GroupMemberInfo, TopicPartition
from workbench.model.lag import CommitSample, LagRound, OffsetSample
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Iterator

START_MS = 1_795_000_000_123


def taken(at_ms: int = START_MS, cluster: str = "c", committed: int | None = 100) -> LagRound:
    member = GroupMemberInfo("m-1", None, "client", "/10.0.0.1", (TopicPartition("t", 0),))
    return LagRound(
        round_id=at_ms,
        cluster_id=cluster,
        started_at_ms=at_ms,
        low_at_ms=at_ms + 1,
        committed_at_ms=at_ms + 2,
        high_at_ms=at_ms + 3,
        finished_at_ms=at_ms + 4,
        interval_ms=10_000,
        offsets=(
            OffsetSample("t", 0, 250, 380, 400, 1),
            OffsetSample("t", 1, 0, 50, 60, None),
            OffsetSample("u", 0, None, None, None, None, "its bounds could not be read"),
        ),
        commits=(
            CommitSample("g", "t", 0, committed, 3, "note", "m-1"),
            CommitSample("g", "t", 1, None),
            CommitSample("h", "u", 0, 5, error="not authorised"),
        ),
        groups=(
            GroupInfo("g", "Stable", "classic", "consumer", 1, (member,)),
            GroupInfo("h", "unknown", "unknown", "", None, (), "not the coordinator"),
            GroupInfo("i", "Empty", "consumer", "consumer", 1),
        ),
    )


@pytest.fixture
def tables(tmp_path):
    with SnapshotStore.open(tmp_path / "lag.duckdb", write=True) as store:
        yield store


def test_rounds_come_back_as_they_were_taken(tables):
    rounds = [taken(), taken(START_MS + 10_000), replace(taken(START_MS + 20_000), commits=(), interval_ms=None)]
    assert write_rounds(tables, rounds) == 3
    found = read_rounds(tables)
    assert found[:2] == rounds[:2]
    assert replace(found[2], committed_at_ms=rounds[2].committed_at_ms) == rounds[2]


def test_writing_again_adds_nothing(tables):
    assert write_rounds(tables, [taken(), taken()]) == 1
    assert write_rounds(tables, [taken(), taken(START_MS + 1)]) == 1
    assert len(read_rounds(tables)) == 2
    assert write_rounds(tables, []) == 0


def test_two_clusters_may_be_sampled_in_the_same_millisecond(tables):
    assert write_rounds(tables, [taken(cluster="a"), taken(cluster="b")]) == 2
    (one,), (other,) = (read_rounds(tables, cluster_id=name) for name in "ab")
    assert one.round_id != other.round_id
    assert replace(other, round_id=one.round_id, cluster_id="a") == one


def test_a_window_of_rounds(tables):
    write_rounds(tables, [taken(START_MS + n * 1000) for n in range(5)])
    found = read_rounds(tables, start_ms=START_MS + 1000, end_ms=START_MS + 3000)
    assert [one.started_at_ms - START_MS for one in found] == [1000, 2000]


def test_a_failed_write_leaves_nothing(tables):
    def rounds() -> Iterator[LagRound]:
        yield taken()
        raise RuntimeError("sampling broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        write_rounds(tables, rounds())
    assert read_rounds(tables) == []


def test_a_snapshot_open_for_reading_gives_rounds_and_takes_none(tmp_path):
    path = tmp_path / "mailed.duckdb"
    with SnapshotStore.open(path, write=True) as store:
        write_rounds(store, [taken()])
    with SnapshotStore.open(path) as store:
        assert read_rounds(store) == [taken()]
        with pytest.raises(SnapshotError, match="reading only"):
            write_rounds(store, [taken(START_MS + 1)])


def test_the_views_say_what_the_frame_says(tables):
    write_rounds(tables, [taken(), taken(START_MS + 10_000, committed=300)])
    frame = lag_frame(taken(START_MS + 10_000, committed=300)).set_index(["group_id", "topic", "partition"])
    with tables.cursor() as cursor:
        rows = cursor.execute(
            "SELECT group_id, topic, partition, lag, lag_committed, lost, readable, held, ahead, margin FROM lag_now",
        ).fetchall()
        totals = cursor.execute(
            "SELECT group_id, lag, lost FROM lag_group QUALIFY rank() OVER (ORDER BY started_at DESC) = 1",
        ).fetchall()
    assert len(rows) == len(frame) == 3
    names = ["lag", "lag_committed", "lost", "readable", "held", "ahead", "margin"]
    for *place, quantities in ((group, topic, number, rest) for group, topic, number, *rest in rows):
        expected = frame.loc[tuple(place), names]
        assert quantities == expected.astype(object).where(expected.notna(), None).tolist()
    by_group = group_totals(lag_frame(taken(START_MS + 10_000, committed=300))).set_index("group_id")
    lags = {group_id: (lag, lost) for group_id, lag, lost in totals}
    assert lags["g"] == (by_group.loc["g", "lag"], by_group.loc["g", "lost"]) == (100, 0)
    assert lags["h"][0] is None
