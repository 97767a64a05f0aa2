"""Columns that become larger than what is expected of them from the number of rows and from the first ones."""

from __future__ import annotations

import json

import pytest
from agreement import agreed, own

READS = own(event_id="value:id", correlation_id="value:c", cause="value:causes[]", event_time="value:t")


@pytest.mark.parametrize("rows", [1, 2, 70])
def test_columns_grow_beyond_what_is_expected(rows):
    # Small texts are followed by large ones, and a few rows have many causes.
    sizes = [3 << (at % 17) for at in range(rows)]
    bodies = [
        {"id": f"{at}-{'x' * size}", "causes": [f"c{n}" for n in range(90)], **({"t": 1_700_000_000} if at % 3 else {})}
        for at, size in enumerate(sizes)
    ]
    found = agreed([((), json.dumps(body).encode()) for body in bodies], READS)
    assert [len(row["event_id"] or "") for row in found] == [len(body["id"]) for body in bodies]
    assert {len(row["causes"]) for row in found} == {90}


def test_a_large_first_text_is_not_expected_of_every_row():
    texts = ["y" * (1 << 20), *["z"] * 5000]
    found = agreed([((), json.dumps({"id": "e", "c": text}).encode()) for text in texts], READS)
    assert [row["correlation_id"] for row in found] == texts
