"""Columns of planned records are the same in steps of any size."""

from __future__ import annotations

from replay_samples import draft, facts, row

from workbench.buffers import mapped
from workbench.replay import make_plan
from workbench.replay.records.replay_records import NOW


def test_columns_are_the_same_in_steps_of_any_size(monkeypatch):
    rows = [row(at, partition=at % 2, timestamp_ms=1000 + at if at else -1) for at in range(7)]

    def columns(step: int) -> list[list[int]]:
        monkeypatch.setattr(mapped, "_STEP_NUMBERS", step)
        records = make_plan(draft(*rows), facts()).records
        (bound,) = records.target_rows.values()
        found = (bound, records.planned_timestamps, records.lanes, records.batch_bounds)
        assert records.first_rows(bound) == [0]
        return [column.tolist() for column in found]

    whole = columns(500)
    assert columns(1) == columns(3) == whole
    assert whole[0] == list(range(7))
    assert whole[1] == [NOW, 1002, 1004, 1006, 1001, 1003, 1005]
    assert whole[2] == [0, 0, 0, 0, 1, 1, 1]
