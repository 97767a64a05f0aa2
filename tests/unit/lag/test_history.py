"""Rounds of lag go into a snapshot whole and come back as they were taken; the views agree with the frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from workbench.errors import SnapshotError
from workbench.lag import COLUMNS, LagResult, group_totals, lag_frame
from workbench.lag.history import read_tables, write_rounds
from workbench.lag.quantities import GROUP_COLUMNS
from workbench.lag.tables import SCHEMAS, rounds_of
from workbench.model import GroupInfo, GroupMemberInfo, TopicPartition
from workbench.model.lag import CommitSample, LagRound, OffsetSample
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Iterator

START_MS = 1_795_000_000_123


def read_rounds(file, **bounds):
    return rounds_of(read_tables(file, **bounds))


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


NUMBERS = st.none() | st.integers(0, 2**63 - 1) | st.integers(0, 500)
COMMITS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 500)
TEXTS = st.none() | st.text(st.characters(codec="utf-8"), max_size=8)


@st.composite
def rounds(draw):
    """Rounds of a cluster: partitions with and without bounds, groups with and without commits, members and errors."""
    started = sorted(draw(st.sets(st.integers(0, 10**12), min_size=1, max_size=3)))
    return [draw(a_round(START_MS + at)) for at in started]


@st.composite
def a_round(draw, at_ms):
    places = draw(st.sets(st.tuples(st.sampled_from("tu"), st.integers(0, 3)), max_size=5))
    groups = draw(st.sets(st.sampled_from(["g", "h", "<b>", "\x00"]), max_size=3))
    bounds = {place for place in places if draw(st.booleans())}
    return LagRound(
        round_id=at_ms,
        cluster_id="c",
        started_at_ms=at_ms,
        low_at_ms=at_ms + 1,
        committed_at_ms=at_ms + 2,
        high_at_ms=at_ms + 3,
        finished_at_ms=at_ms + 4,
        interval_ms=draw(st.none() | st.just(10_000)),
        offsets=tuple(
            OffsetSample(*place, draw(NUMBERS), draw(NUMBERS), draw(NUMBERS), 1, draw(TEXTS))
            for place in sorted(bounds)
        ),
        commits=tuple(
            CommitSample(group, *place, draw(COMMITS), None, "", draw(TEXTS), draw(TEXTS))
            for group in sorted(groups)
            for place in sorted(places)
        ),
        groups=tuple(
            GroupInfo(group, "Stable", "classic", "consumer", 1, (), draw(TEXTS))
            for group in sorted(groups)
            if draw(st.booleans())
        ),
    )


def expected(committed, low, lso, high):
    """The quantities by their definitions, in Python's integers; a difference of more than 64 bits is unknown."""

    def minus(one, other):
        difference = None if one is None or other is None else one - other
        return None if difference is None or not -(2**63) <= difference < 2**63 else difference

    def clamped(value):
        return None if value is None else max(0, value)

    behind, span = minus(high, committed), minus(high, low)
    return {
        "lag": clamped(behind),
        "lag_committed": clamped(minus(lso, committed)),
        "lost": clamped(minus(low, committed)),
        "readable": None if behind is None or span is None else max(0, high - max(committed, low)),
        "held": minus(high, lso),
        "ahead": clamped(minus(committed, high)),
        "margin": minus(committed, low),
        "retention_use": None if behind is None or not span else behind / span,
    }


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One file for all examples: opening one takes longer than an example does."""
    with SnapshotStore.open(tmp_path_factory.mktemp("lag") / "lag.duckdb", write=True) as store:
        yield store


def emptied(store):
    with store.transaction() as cursor:
        for name in SCHEMAS:
            cursor.execute(f"DELETE FROM {name}")
    return store


def listed(columns):
    return ", ".join(f'"{name}"' for name in columns)


@settings(max_examples=12, deadline=None)
@given(taken_rounds=rounds())
def test_samples_in_memory_and_stored_ones_give_equal_frames(shared, taken_rounds):
    live = lag_frame(taken_rounds)
    file = emptied(shared)
    write_rounds(file, taken_rounds)
    stored = lag_frame(read_tables(file))
    view = file.sql(
        f"SELECT {listed(COLUMNS)} FROM lag_history "
        "ORDER BY started_at, round_id, lag DESC NULLS FIRST, group_id, topic, partition",
    ).astype(COLUMNS)
    totals = file.sql(
        f"SELECT {listed(GROUP_COLUMNS)} FROM lag_group "
        "WHERE round_id = (SELECT max(round_id) FROM lag_history) ORDER BY lag DESC NULLS LAST, group_id",
    ).astype(GROUP_COLUMNS)
    assert_frame_equal(live, stored)
    assert live.attrs == stored.attrs
    for other, frame in ((view, live), (totals, group_totals(live))):
        other.attrs = frame.attrs
        assert_frame_equal(frame, other)


@settings(max_examples=25, deadline=None)
@given(taken_rounds=rounds())
def test_the_quantities_are_those_of_their_definitions(taken_rounds):
    for row in lag_frame(taken_rounds).astype(object).to_dict("records"):
        given_numbers = [None if pd.isna(row[name]) else row[name] for name in ("committed", "low", "lso", "high")]
        for name, wanted in expected(*given_numbers).items():
            found = None if pd.isna(row[name]) else row[name]
            assert found == (pytest.approx(wanted) if name == "retention_use" and wanted is not None else wanted), name


def test_no_round_is_no_row(tables):
    assert lag_frame(read_tables(tables)).empty
    assert repr(LagResult(read_tables(tables))) == "No consumer group was found."


def test_a_part_of_the_history_by_group_and_topic(tables):
    write_rounds(tables, [taken(), taken(START_MS + 10_000)])
    assert set(lag_frame(read_tables(tables, groups="g"))["group_id"]) == {"g"}
    assert set(lag_frame(read_tables(tables, topics="u*"))["topic"]) == {"u"}
    assert lag_frame(read_tables(tables, groups="[!gh]")).empty
    newest = LagResult(read_tables(tables)).newest
    assert [one.started_at_ms for one in newest.rounds] == [START_MS + 10_000]


def test_tables_that_nothing_wrote_are_gone_and_older_files_are_brought_up(tmp_path):
    path = tmp_path / "old.duckdb"
    with SnapshotStore.open(path, write=True) as store:
        write_rounds(store, [taken()])
    with duckdb.connect(str(path)) as file:
        file.execute("DELETE FROM workbench_schema WHERE version > 3")
        file.execute("CREATE TABLE lag_probes (topic VARCHAR)")
        file.execute("CREATE TABLE lag_findings (verdict VARCHAR)")
    with pytest.raises(SnapshotError, match="Open it once with write=True"):
        SnapshotStore.open(path)
    with SnapshotStore.open(path, write=True) as store:
        assert read_rounds(store) == [taken()]
        write_rounds(store, [taken(START_MS + 1)])
        assert len(store.sql("SELECT * FROM lag_history")) == 6
        names = set(store.sql("SELECT table_name FROM information_schema.tables")["table_name"])
    assert not names & {"lag_probes", "lag_findings", "lag_topic"}
