"""Real events that follow no built-in convention, read with a convention of ten lines."""

from __future__ import annotations

import gzip
import tomllib
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.decoding import Decoder, load_conventions
from workbench.model.records.columns import RECORD

FOLDER = Path(__file__).parents[6] / "shared" / "data" / "wikimedia-2021-08"
CONVENTION = """
[conventions.wikimedia]
strength = 3
all = ["value:meta.id", "value:meta.stream", "value:meta.domain"]
event_id = "value:meta.id"
correlation_id = "value:meta.request_id"
event_type = ["value:type", "value:meta.stream"]
source = "value:meta.domain"
event_time = "value:meta.dt"
time = "rfc3339"
"""
COUNTS = {"recentchange": 1950, "revision-create": 1571, "revision-score": 910, "page-create": 41}
REQUESTS = {"recentchange": 1349, "revision-create": 988, "revision-score": 909, "page-create": 41}
TYPES = {"edit": 1230, "categorize": 586, "log": 93, "new": 39, "142": 2}


def events_of(stream: str) -> pa.RecordBatch:
    if not FOLDER.exists():
        pytest.skip(f"needs the real events in {FOLDER.parent.name}/{FOLDER.name} beside the repository")
    lines = gzip.decompress((FOLDER / f"{stream}.ndjson.gz").read_bytes()).splitlines()
    count = len(lines)
    columns = {
        "partition": pa.repeat(pa.scalar(0, pa.int32()), count),
        "offset": pa.array(range(count), pa.int64()),
        "timestamp_ms": pa.repeat(pa.scalar(0, pa.int64()), count),
        "timestamp_type": pa.repeat(pa.scalar(0, pa.int8()), count),
        "key": pa.nulls(count, pa.binary()),
        "value": pa.array(lines, pa.binary()),
        "headers": pa.array([[]] * count, RECORD.field("headers").type),
    }
    conventions = load_conventions(tomllib.loads(CONVENTION)["conventions"])
    return Decoder(conventions).decode(pa.RecordBatch.from_pydict(columns, schema=RECORD), f"codfw.mediawiki.{stream}")


@pytest.mark.parametrize("stream", COUNTS)
def test_a_convention_of_ten_lines_reads_real_topics(stream):
    events = events_of(stream)
    assert set(events["convention"].to_pylist()) == {"wikimedia"}
    assert len(set(events["event_id"].to_pylist())) == events.num_rows == COUNTS[stream]
    assert len(set(events["correlation_id"].to_pylist())) == REQUESTS[stream]
    assert events["source"].null_count == events["event_time"].null_count == 0
    assert set(events["problems"].to_pylist()[0]) == set()
    types = Counter(events["event_type"].to_pylist())
    assert types == (TYPES if stream == "recentchange" else {f"mediawiki.{stream}": COUNTS[stream]})


def test_times_are_those_of_the_readme():
    times = events_of("recentchange")["event_time"].to_pylist()
    assert (str(min(times)), str(max(times))) == ("2021-08-27 13:20:11", "2021-08-27 13:21:17")
