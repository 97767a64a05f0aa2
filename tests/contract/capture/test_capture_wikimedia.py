"""Four real topics at their own timestamps: every value the byte-identical line, counts as their source gives them."""

from __future__ import annotations

from datetime import datetime

import orjson
import pytest
from wikimedia import EXPECTED, FOLDER, SETTINGS, lines_of

from workbench.bus import open_log
from workbench.capture import Beginning, capture
from workbench.config import load_settings
from workbench.decoding import Decoder, load_conventions
from workbench.model import NewRecord
from workbench.model.events.value_counts import ValueCounts
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Start
from workbench.store import SnapshotStore

BATCH = 500


def timestamp_ms(line: bytes) -> int:
    return int(datetime.fromisoformat(orjson.loads(line)["meta"]["dt"]).timestamp() * 1000)


@pytest.mark.broker
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder ../shared/data with real events is missing")
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
                async with Beginning(log, selection, start=Start()) as begun:
                    result = await capture(begun, store, lambda _: decoder, cluster="test")
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
