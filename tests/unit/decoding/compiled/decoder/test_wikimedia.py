"""Real events that follow no built-in convention, read with a convention of ten lines."""

from __future__ import annotations

import tomllib
from collections import Counter

import pyarrow as pa
import pytest
from wikimedia import EXPECTED, FOLDER, SETTINGS, lines_of

from workbench.decoding import Decoder, load_conventions
from workbench.model.records.columns import RECORD


def events_of(stream: str) -> pa.RecordBatch:
    if not FOLDER.exists():
        pytest.skip(f"needs the real events in {FOLDER.parent.name}/{FOLDER.name} beside the repository")
    lines = lines_of(stream)
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
    conventions = load_conventions(tomllib.loads(SETTINGS)["conventions"])
    return Decoder(conventions).decode(pa.RecordBatch.from_pydict(columns, schema=RECORD), f"codfw.mediawiki.{stream}")


@pytest.mark.parametrize("stream", EXPECTED)
def test_a_convention_of_ten_lines_reads_real_topics(stream):
    events = events_of(stream)
    count, requests, types = EXPECTED[stream]
    assert set(events["convention"].to_pylist()) == {"wikimedia"}
    assert len(set(events["event_id"].to_pylist())) == events.num_rows == count
    assert len(set(events["correlation_id"].to_pylist())) == requests
    assert events["source"].null_count == events["event_time"].null_count == 0
    assert set(events["problems"].to_pylist()[0]) == set()
    assert Counter(events["event_type"].to_pylist()) == types


def test_times_are_those_of_the_readme():
    times = events_of("recentchange")["event_time"].to_pylist()
    assert (str(min(times)), str(max(times))) == ("2021-08-27 13:20:11", "2021-08-27 13:21:17")
