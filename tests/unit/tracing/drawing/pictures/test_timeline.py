"""State over time as a picture, and the state at a step in the pane."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from workbench.model.causation import EventPosition
from workbench.tracing.drawing.pictures.timeline import PAGE
from workbench.tracing.state import StateFold

RECORDS = [
    (0, 0, 10, "x", b"1"),
    (0, 1, 30, "x", b"2"),
    (0, 2, 20, "y", b"5"),
    (0, 3, 40, "x", None),
    (1, 0, 25, "z", b"7"),
]


def folded(records: list[tuple[Any, ...]]) -> StateFold:
    names = ["partition", "offset", "time_us", "key", "value"]
    columns = {name: [record[n] for record in records] for n, name in enumerate(names)}
    types = {"key": pa.binary(), "value": pa.binary()}
    table = {name: pa.array([v.encode() if isinstance(v, str) else v for v in values], types.get(name, pa.int64()))
             for name, values in columns.items()}  # fmt: skip
    return StateFold(pa.table({"topic": pa.array(["t"] * len(records)), **table}))


def test_each_event_is_a_mark_in_the_lane_of_its_key() -> None:
    fold = folded(RECORDS)
    picture = fold.views().view()
    assert [node.key for node in picture.nodes] == ["s0", "s1", "s2", "s3", "s4"]
    assert len({node.y for node in picture.nodes}) == 3
    assert [node.x for node in picture.nodes] == sorted(node.x for node in picture.nodes)
    assert "remove /x" in picture.nodes[-1].name
    assert {part.look for part in picture.nodes[-1].parts} == {"before"}
    assert [row.cells[1] for row in picture.rows] == ["x", "y", "z", "x", "x"]
    assert fold.csv().count("\n") == 6
    assert fold.views().find("z").tolist() == [2]
    assert "<svg" in fold.svg()


def test_selecting_a_step_shows_the_state_at_its_time_in_both_meanings() -> None:
    seen: list[Any] = []
    fold = folded(RECORDS)
    fold.viewer = lambda views, **options: seen.append((views, options))
    fold.show()
    record = seen[0][1]["record"]
    detail = record(EventPosition(0, "t", 1, 0))
    facts = dict(detail.facts)
    assert facts["key"] == "z"
    assert facts["keys"] == "3"
    assert "a consumer had seen" in facts
    assert detail.body.splitlines() == ["x: 1", "y: 5", "z: 7"]
    assert detail.headers == (("add", "add /z 7"),)
    assert record(EventPosition(0, "t", 9, 9)) is None


def test_earlier_steps_are_folded_and_open_on_demand() -> None:
    fold = folded([(0, n, n, f"k{n % 40}", b"1") for n in range(PAGE + 50)])
    picture = fold.views().view()
    assert len(picture.nodes) == PAGE + 1
    assert "50 earlier steps" in picture.nodes[-1].name
    assert "share a lane" in picture.notes[1]
    assert len(fold.views().view(opened=[picture.nodes[-1].key]).nodes) == PAGE + 50
    assert folded([]).views().view().nodes == ()
