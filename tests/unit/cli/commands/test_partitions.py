"""``workbench partitions``: a row for each partition."""

from __future__ import annotations

import json


def test_partitions_are_listed(run, address):
    rows = [json.loads(line) for line in run("partitions", "orders", "-b", address, "-J").stdout.splitlines()]
    assert [(row["partition"], row["begin"], row["end"]) for row in rows] == [(0, 0, 5), (1, 0, 0)]
    assert "size_bytes" in run("partitions", "-b", address).stdout
