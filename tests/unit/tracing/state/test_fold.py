"""State by a fold: the vector of section 15, versions, steps, checkpoints, refusals."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from decoded_events import event_table
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import trace_of

from workbench.errors import ConfigurationError, FoldError, TableError, WindowError
from workbench.tracing.state import StateFold
from workbench.tracing.state.fold import micros_of
from workbench.tracing.state.json_patch import json_patch

RECORDS = [[0, 0, 10, "x", 1], [0, 1, 30, "x", 2], [0, 2, 20, "y", 5], [0, 3, 40, "x", None], [1, 0, 25, "z", 7]]


def records(rows):
    columns = list(zip(*rows, strict=True)) or [()] * 5
    partition, offset, time, key, value = columns
    return pa.table(
        {
            "topic": pa.array(["t"] * len(rows), pa.string()),
            "partition": pa.array(partition, pa.int32()),
            "offset": pa.array(offset, pa.int64()),
            "time_us": pa.array(time, pa.int64()),
            "key": pa.array([name.encode() for name in key], pa.binary()),
            "value": pa.array([None if one is None else str(one).encode() for one in value], pa.binary()),
        }
    )


@pytest.mark.parametrize(
    ("at", "as_of", "as_known"),
    [
        (25, {"x": 1, "y": 5, "z": 7}, {"x": 1, "z": 7}),
        (35, {"x": 2, "y": 5, "z": 7}, {"x": 2, "y": 5, "z": 7}),
        (45, {"y": 5, "z": 7}, {"y": 5, "z": 7}),
    ],
)
def test_the_vector_of_section_15(at, as_of, as_known):
    found = StateFold(records(RECORDS)).at(at)
    assert (found.as_of, found.as_known) == (as_of, as_known)
    assert found.differs == (as_of != as_known)
    assert ("times run backwards" in repr(found)) == found.differs


def test_the_patch_between_two_moments_and_the_steps_to_it():
    fold = StateFold(records(RECORDS))
    assert fold.at(25).patch(fold.at(45)) == [{"op": "remove", "path": "/x"}]
    steps = fold.steps()
    assert steps["position"].to_list() == ["t/0@0", "t/0@2", "t/1@0", "t/0@1", "t/0@3"]
    assert steps["patch"].to_list()[3] == [{"op": "replace", "path": "/x", "value": 2}]
    assert fold.times.tolist() == [10, 20, 25, 30, 40]
    assert fold.first(2).as_of == {"x": 2, "z": 7}
    assert fold.at(25).frame["key"].to_list() == ["x", "y", "z"]


def test_a_users_fold_gets_its_own_state_and_the_event():
    def total(state, event):
        state = state or {"sum": 0, "at": []}
        state["sum"] += event.value
        state["at"].append(event.offset)
        return state

    fold = StateFold(records(RECORDS), total)
    assert fold.at().as_of == {"y": {"sum": 5, "at": [2]}, "z": {"sum": 7, "at": [0]}}
    assert fold.at(30).as_of["x"] == {"sum": 3, "at": [0, 1]}
    assert fold.at(30).as_of["x"] == {"sum": 3, "at": [0, 1]}, "a state that a fold changes in place is not kept"


def test_a_fold_that_fails_says_on_which_event_and_keeps_its_own_error():
    def total(state, event):
        return (state or 0) + event.value["price"]

    with pytest.raises(FoldError, match=r"The fold failed at t/0@0, key x: TypeError: 'int' object is not") as raised:
        StateFold(records(RECORDS), total).at()
    assert isinstance(raised.value.__cause__, TypeError)
    assert (raised.value.key, raised.value.position) == ("x", "t/0@0")
    with pytest.raises(FoldError, match="fold= is a function"):
        StateFold(records(RECORDS), "sum")
    with pytest.raises(FoldError, match=r"cannot be copied .* Return plain values"):
        StateFold(records(RECORDS), lambda _state, event: (event.value for _ in range(2))).steps()


def test_a_fold_that_returns_nothing_deletes_the_key_and_the_text_doubts_it():
    found = StateFold(records(RECORDS), lambda _state, _event: None).at()
    assert found.as_of == {}
    assert "no key has a state: the fold has to return it, None deletes the key" in repr(found)
    even = StateFold(records(RECORDS), lambda _state, event: event.value if event.value % 2 == 0 else None)
    assert even.at(35).as_of == {"x": 2}


def test_states_of_any_kind_are_shown():
    circle: list[object] = []
    circle.append(circle)
    loop: dict[str, object] = {}
    loop["me"] = loop
    states = [
        {1, 2},
        np.arange(3),
        {"a": np.arange(3)},
        loop,
        10**400,
        10**5000,
        {(1, 2): 3},
        object(),
        float("nan"),
        circle,
        b"\x1b",
        {1: 2, "1": 3},
    ]
    for state in states:
        fold = StateFold(records(RECORDS), lambda _state, _event, state=state: state)
        assert repr(fold.at()).startswith("state at the end: 2 keys by 5 events")
        assert "\x1b" not in repr(fold.at())
        assert fold.csv().startswith("time_us,position,key,patch")
        assert "<svg" in fold.svg()


@pytest.mark.parametrize("levels", [150, 900, 100_000])
def test_a_deep_value_is_a_text_and_nothing_fails(levels):
    value = "[" * levels + "]" * levels
    fold = StateFold(records([[0, 0, 1, "x", value], [0, 1, 2, "x", value.replace("[]", "[1]")]]))
    assert isinstance(fold.at().as_of["x"], list if levels == 150 else str)
    assert repr(fold.at()).startswith("state at the end: 1 key by 2 events")
    assert fold.at(1).patch(fold.at())[0]["op"] == "replace"
    assert len(fold.steps()) == 2


def test_records_without_a_key_or_a_time_are_counted():
    table = records([[0, 0, None, "x", 1], [0, 1, 2, "", 1], [0, 2, 3, "y", 1]])
    table = table.set_column(4, "key", pa.array([b"x", b"", None], pa.binary()))
    assert repr(StateFold(table).at()).splitlines() == [
        "state at the end: 1 key by 1 event",
        "  (empty): 1",
        "  2 records without a key or a time left out",
    ]


@pytest.mark.parametrize("at", ["@2026-01-01T00:00:00Z", 1.5, True])
def test_what_is_no_moment_is_refused(at):
    with pytest.raises(WindowError, match="is no time: give a datetime, or microseconds since 1970"):
        micros_of(at)


def test_a_key_in_two_partitions_has_no_order():
    with pytest.raises(TableError, match=r"Key x lies in t/0 and t/1, so its events have no order"):
        StateFold(records([[0, 0, 1, "x", 1], [1, 0, 2, "x", 2]]))


def test_patches_by_member_with_escapes_and_whole_arrays():
    before, after = {"a/b": 1, "c": [1, 2], "d": {"e": 1}, "t": 1}, {"c": [1, 3], "d": {"e": 1, "~": 2}, "t": True}
    assert json_patch(before, after) == [
        {"op": "remove", "path": "/a~1b"},
        {"op": "replace", "path": "/c", "value": [1, 3]},
        {"op": "add", "path": "/d/~0", "value": 2},
        {"op": "replace", "path": "/t", "value": True},
    ]


def test_moments_and_traces_without_records():
    assert micros_of(datetime(1970, 1, 1, 0, 0, 1)) == micros_of(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000  # noqa: DTZ001 - naive is UTC
    assert (micros_of(None), micros_of(7)) == (None, 7)
    with pytest.raises(ConfigurationError, match="has no records to fold"):
        trace_of(event_table([])).state()
    assert StateFold(records([])).at().as_of == {}


ROWS = st.lists(st.tuples(st.integers(0, 50), st.sampled_from("xyz"), st.none() | st.integers(0, 9)), max_size=30)


@settings(max_examples=20, deadline=None)
@given(ROWS, st.integers(-1, 60), st.randoms())
def test_checkpoints_change_nothing(drawn, at, random):
    import workbench.tracing.state.fold as module

    rows = [[0, offset, t, key, value] for offset, (t, key, value) in enumerate(drawn)]
    plain = StateFold(records(rows)).at(at)
    kept = module.CHECKPOINT_EVERY
    module.CHECKPOINT_EVERY = 3
    try:
        fold = StateFold(records(random.sample(rows, len(rows))))
        fold.at(60)
        found = fold.at(at)
    finally:
        module.CHECKPOINT_EVERY = kept
    assert (found.as_of, found.as_known) == (plain.as_of, plain.as_known)
    expected = {}
    for _, _, t, key, value in rows:
        if t <= at:
            expected.pop(key, None)
            if value is not None:
                expected[key] = value
    assert found.as_of == expected
