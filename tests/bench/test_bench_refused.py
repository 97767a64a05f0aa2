"""Planning a million records of which the rules refuse every one: time and memory are asserted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from bench_topic import CHILD_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

RECORDS = 1_000_000
MOST_SECONDS, MOST_MB = 3.0, 300
_STEP = 10_000
KINDS = {
    "without a key": "G-14",
    "header names": "G-17",
    "replayed twice": "G-9",
    "replayed once": None,
    "present": "G-26",
    "schema ids": "G-16",
    "too large": "G-13",
}


def batches(kind: str) -> Iterator[pa.RecordBatch]:
    from replay_samples import NOW_MS, SCHEMA

    marks = [(b"x-replay-id", b"6f1d2c3b-4a59-4e68-8c77-000000000000"), (b"x-replay-count", b"1")]
    marks[1:] = [(b"x-replay-count", b"2")] if kind == "replayed twice" else marks[1:]
    pairs = marks if kind.startswith("replayed") else [(b"\xff" if kind == "header names" else b"a", b"1")]
    names, contents = (pa.array([pair[part] for pair in pairs] * _STEP, pa.binary()) for part in (0, 1))
    field = SCHEMA.field("headers").type.value_type
    headers = pa.ListArray.from_arrays(
        pa.array(np.arange(0, (_STEP + 1) * len(pairs), len(pairs)), pa.int32()),
        pa.StructArray.from_arrays([names, contents], fields=list(field)),
    )
    value = b"\x00\x00\x00\x00\x11" if kind == "schema ids" else b""
    for first in range(0, RECORDS, _STEP):
        seqs = np.arange(first, first + _STEP)
        key = pa.nulls(_STEP, pa.binary()) if kind == "without a key" else pa.array([b"key-%d" % at for at in seqs])
        columns: dict[str, Any] = {
            "partition": pa.array(np.zeros(_STEP), pa.int32()),
            "offset": pa.array(seqs),
            "timestamp_ms": pa.array(np.full(_STEP, NOW_MS - 60_000)),
            "timestamp_type": pa.array(np.zeros(_STEP), pa.int8()),
            "key": key,
            "value": pa.array([value + b"v" * 100] * _STEP),
            "headers": headers,
            "source_id": pa.array(np.ones(_STEP), pa.int32()),
            "cluster": pa.repeat("demo", _STEP),
            "topic": pa.repeat("orders", _STEP),
        }
        yield pa.RecordBatch.from_arrays([columns[one.name].cast(one.type) for one in SCHEMA], schema=SCHEMA)


def measure(kind: str) -> dict[str, Any]:
    from replay_samples import ORDERS, SCHEMA, facts, topic

    from workbench.buffers.mapped import mapped_table
    from workbench.replay import Draft, make_plan

    def kilobytes(name: str) -> int:
        return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])

    table = mapped_table(batches(kind), SCHEMA)
    source = replace(ORDERS, partitions=1)
    draft = Draft(table, sources=[source], max_records=RECORDS, max_bytes=1 << 50, skip_refused=True)
    settings = {"without a key": {"cleanup__policy": "compact"}, "too large": {"max__message__bytes": "50"}}
    known = facts(topic("copy", 1, **settings.get(kind, {})))
    known = replace(known, present=(("demo/orders/0", 0, RECORDS - 1),) if kind == "present" else ())
    before, begun = kilobytes("VmRSS"), time.perf_counter()
    plan = make_plan(draft, known)
    seconds = time.perf_counter() - begun
    assert plan.token in repr(plan)
    rules = plan.left_out.rules.unique().to_pylist()
    return {"seconds": seconds, "taken_mb": (kilobytes("VmHWM") - before) / 1024, "rules": rules}


@pytest.mark.parametrize("kind", KINDS)
def test_plan_refused_records(benchmark, kind):
    def run() -> dict[str, Any]:
        command = [sys.executable, __file__, kind]
        done = subprocess.run(command, capture_output=True, check=True, timeout=300, env=CHILD_ENVIRONMENT)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    found = benchmark.pedantic(run, rounds=1)
    benchmark.extra_info.update(found)
    print(kind, found)  # noqa: T201 - a measurement is read by a person
    assert found["rules"] == ([KINDS[kind]] if KINDS[kind] else [])
    assert found["seconds"] <= MOST_SECONDS
    assert found["taken_mb"] <= MOST_MB


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    print(json.dumps(measure(sys.argv[1])))  # noqa: T201 - read by the test above
