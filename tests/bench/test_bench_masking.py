"""How many records a second are masked, by policy: at least 100,000 on one core, and half of it with nine hashes."""

from __future__ import annotations

import json
import time

import pyarrow as pa
import pytest
from bench_topic import uniform_records

from workbench.config.masking import MaskingRule, MaskingSettings
from workbench.masking import MaskingPolicy
from workbench.model.records.columns import RECORD
from workbench.session.conventions import topic_decoder

pytestmark = pytest.mark.bench

ROWS = 20_000
LEAST = 100_000
LEAST_WITH_NINE_HASHES = 50_000
POLICIES = {
    "one member": {"paths": ("payload.result",)},
    "a name anywhere": {"paths": ("**.result", "**.note", "**.email")},
    "only what is allowed": {"allow": ("event_type", "correlation_id", "payload.state", "payload.workflow")},
    "only what is allowed, others removed": {"allow": ("event_type", "correlation_id"), "action": "remove"},
    "hashes of members": {"paths": ("payload.result", "source_tool"), "action": "hash"},
    "hashes of all but some": {"allow": ("event_type", "payload.state"), "action": "hash"},
    "headers and keys": {"headers": ("message_id",), "allow": ("event_type",), "key": True},
    "only allowed headers": {"allow_headers": ("traceparent",)},
    "nothing that is there": {"paths": ("card", "**.email")},
}


def batch() -> pa.RecordBatch:
    made = uniform_records("t", ROWS)
    rows = [
        {
            "partition": 0,
            "offset": at,
            "timestamp_ms": 0,
            "timestamp_type": 0,
            "key": one.key,
            "value": one.value,
            "headers": [{"name": name, "value": value} for name, value in one.headers],
        }
        for at, one in enumerate(made)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def test_masking(benchmark):
    records, decoder, rates = batch(), topic_decoder(as_written=True), {}
    for name, facts in POLICIES.items():
        rule = MaskingRule(topics=("t",), **{"action": "replace", **facts})
        mask = MaskingPolicy(MaskingSettings((rule,)), "a long enough salt").of_topic("t")
        mask.masked(records.slice(0, 100), decoder, "t")
        best = float("inf")
        for _ in range(7):
            before = time.process_time()
            mask.masked(records, decoder, "t")
            best = min(best, time.process_time() - before)
        rates[name] = round(ROWS / best)
    benchmark.pedantic(lambda: None)
    benchmark.extra_info.update(records_a_second_of_cpu=rates)
    print(json.dumps(benchmark.extra_info, indent=1))  # noqa: T201 - a measurement is read by a person
    assert rates.pop("hashes of all but some") >= LEAST_WITH_NINE_HASHES
    assert min(rates.values()) >= LEAST
