"""Four real topics at their own timestamps: every value the byte-identical line, counts as their source gives them."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from workbench.bus import open_log
from workbench.capture import capture
from workbench.config import load_settings
from workbench.decoding import Decoder, load_conventions
from workbench.model import NewRecord
from workbench.model.events.value_counts import ValueCounts
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Start
from workbench.store import SnapshotStore

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "wikimedia-2021-08"
BATCH = 500

SETTINGS = """
[conventions.wikimedia]
strength = 3
all = ["value:meta.id", "value:meta.stream", "value:meta.request_id"]
event_id = "value:meta.id"
correlation_id = "value:meta.request_id"
event_type = ["value:type", "value:meta.stream"]
source = "value:meta.domain"
event_time = "value:meta.dt"
time = "rfc3339"
"""

RECENT_CHANGE = {"edit": 1230, "categorize": 586, "log": 93, "new": 39, "142": 2}
EXPECTED = {
    "recentchange": (1950, 1349, RECENT_CHANGE),
    "revision-create": (1571, 988, {"mediawiki.revision-create": 1571}),
    "revision-score": (910, 909, {"mediawiki.revision-score": 910}),
    "page-create": (41, 41, {"mediawiki.page-create": 41}),
}


def lines_of(name: str) -> list[bytes]:
    with gzip.open(DATA / f"{name}.ndjson.gz") as file:
        return file.read().splitlines()


def timestamp_ms(line: bytes) -> int:
    return int(datetime.fromisoformat(orjson.loads(line)["meta"]["dt"]).timestamp() * 1000)


@pytest.mark.broker
@pytest.mark.skipif(not DATA.is_dir(), reason="the folder ../shared/data with real events is missing")
async def test_four_real_topics(kafka_address, topic_name, tmp_path):
    settings = tmp_path / "workbench.toml"
    settings.write_text(SETTINGS)
    assert len(SETTINGS.strip().splitlines()) <= 10
    decoder = Decoder(load_conventions(load_settings({}, tmp_path).conventions))
    topics = {name: topic_name(f"codfw.mediawiki.{name}") for name in EXPECTED}
    lines = {name: lines_of(name) for name in EXPECTED}
    with SnapshotStore.open(tmp_path / "wikimedia.duckdb", write=True) as store:
        async with open_log(f"kafka://{kafka_address}") as log:
            try:
                for name, topic in topics.items():
                    await log.create_topic(topic, config={"retention.ms": "-1"})
                    await write(log, topic, lines[name])
                before = await log.groups()
                selection = parse_topics(list(topics.values()))
                result = await capture(log, store, lambda _: decoder, selection, start=Start(), cluster="test")
                assert set(await log.groups()) <= set(before)
            finally:
                for topic in topics.values():
                    await log.delete_topic(topic)
        assert (result.state, result.records, result.values) == ("complete", 4472, ValueCounts())
        for name, topic in topics.items():
            check(store, name, topic, lines[name])


async def write(log, topic, lines) -> None:
    async with log.writer() as writer:
        for start in range(0, len(lines), BATCH):
            records = [
                NewRecord(topic, value=line, partition=0, timestamp_ms=timestamp_ms(line))
                for line in lines[start : start + BATCH]
            ]
            assert all(outcome.status == "acked" for outcome in await writer.send(records))


def check(store, name, topic, lines) -> None:
    count, requests, types = EXPECTED[name]
    stored = store.record_table("topic = $topic", {"topic": topic})
    assert stored["value"].to_pylist() == lines
    assert stored["timestamp_ms"].to_pylist() == [timestamp_ms(line) for line in lines]
    events = store.events(topic=topic)
    assert len(events) == count
    assert set(events["convention"]) == {"wikimedia"}
    assert events["correlation_id"].nunique() == requests
    assert events["event_id"].nunique() == count
    found = events["event_type"].value_counts().to_dict()
    if name == "recentchange":
        assert found == types
    else:
        assert list(found.values()) == [count]
    assert (events["timestamp"] == events["event_time"].dt.floor("ms")).all()
