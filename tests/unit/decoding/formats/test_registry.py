"""A format of a user's own: one class and its golden file, seen in capture, tail, table and SQL."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import golden_vectors
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import workbench as wb
from workbench.decoding import (
    MISSING,
    Decoder,
    Format,
    decode_record,
    read_value,
    register_format,
    registered_formats,
    unregister_format,
)
from workbench.errors import ConfigurationError
from workbench.live.tail import TailFeed
from workbench.model import NewRecord, Record, Span, TimestampType
from workbench.session.conventions import topic_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = json.loads((Path(__file__).parent / "golden_toy.json").read_text())
COUNT = 200


class Toy(Format):
    """Lines ``key=value`` behind a mark."""

    name = "toy"

    def claims(self, topic, headers, value) -> bool:
        del topic, headers
        return value.startswith(b"TOY1\n")

    def read(self, value) -> Any:
        lines = value.decode().splitlines()[1:]
        return dict(line.split("=", 1) for line in lines)


class QuickToy(Toy):
    def claimed_rows(self, topic, records) -> Any:
        del topic
        found = pc.starts_with(records.column("value").cast(pa.binary()).fill_null(b""), pattern="TOY1\n")
        return np.asarray(found.to_numpy(zero_copy_only=False), bool)


class Broken(Format):
    """Fails on whatever it is asked."""

    name = "broken"

    def claims(self, topic, headers, value) -> bool:
        raise KeyError(value[:4])

    def read(self, value) -> Any:
        raise AssertionError


@pytest.fixture
def toy() -> Iterator[Format]:
    own = Toy()
    register_format(own)
    yield own
    unregister_format("toy")


def record(value: bytes | None, at: int = 0) -> Record:
    return Record("toys", 0, at, 0, TimestampType.CREATE, None, value, ())


def toy_value(at: int) -> bytes:
    return f"TOY1\nevent_id=t-{at}\ncorrelation_id=flow-{at % 3}\nevent_type=toy.sent\n".encode()


@pytest.mark.parametrize("vector", GOLDEN, ids=lambda vector: vector["name"])
def test_golden_records_of_a_format(vector, toy):
    found = decode_record(record(vector["value"].encode()))
    for name, value in vector["expect"].items():
        assert getattr(found, name) == (tuple(value) if isinstance(value, list) else value)
    rows = Decoder().decode(golden_vectors.record_batch([record(vector["value"].encode())] * 20), "toys").to_pylist()
    assert all(row[name] == value for row in rows for name, value in vector["expect"].items())


def test_the_format_is_found_per_record_and_its_reason_is_kept(toy):
    formats = registered_formats()
    assert [one.name for one in formats] == ["toy", "json", "raw"]
    assert read_value("t", (), b'{"a": 1}', formats).format == "json"
    assert read_value("t", (), b"TOY1\na=b", formats).tree == {"a": "b"}
    raw = read_value("t", (), b"\x00\x01avro", formats)
    assert (raw.format, raw.tree, raw.reasons) == ("raw", MISSING, {})
    cut = read_value("t", (), b'{"a": ', formats)
    assert (cut.format, cut.tree, list(cut.reasons)) == ("damaged", MISSING, ["json"])
    assert "column 7" in cut.damage
    assert read_value("t", (), None, formats).format is None
    assert decode_record(record(b"TOY1\nx")).unread["toy"].startswith("ValueError: ")
    assert decode_record(record(b"TOY1\na=b")).format == "toy"


def test_a_format_that_fails_is_a_problem_and_the_next_one_reads():
    formats = (Broken(), *registered_formats())
    found = decode_record(record(b'{"eventId": "e", "correlationId": "c"}'), formats=formats)
    assert (found.event_id, found.format, found.problems) == ("e", "json", ("unreadable_value:broken",))
    batch = golden_vectors.record_batch([record(b'{"eventId": "e", "correlationId": "c"}')] * 20)
    rows = Decoder(formats=formats).decode(batch, "toys").to_pylist()
    assert {(row["event_id"], *row["problems"]) for row in rows} == {("e", "unreadable_value:broken")}


@pytest.mark.parametrize("own", [Toy(), QuickToy()])
def test_bulk_equals_exact_beside_json_and_through_pickling(own):
    values = [toy_value(at) if at % 2 else b'{"event_id": "j-%d", "correlationId": "c"}' % at for at in range(COUNT)]
    records = [record(value, at) for at, value in enumerate([*values, None, b"", b"TOY1", b"TOY1\n"])]
    decoder = pickle.loads(pickle.dumps(Decoder(formats=(own, *registered_formats()))))  # noqa: S301 - our own
    rows = decoder.decode(golden_vectors.record_batch(records), "toys")
    exact = [decode_record(one, formats=decoder.formats) for one in records]
    assert rows["event_id"].to_pylist() == [envelope.event_id for envelope in exact]
    assert rows["problems"].to_pylist() == [list(envelope.problems) for envelope in exact]
    assert rows["event_id"].to_pylist()[:4] == ["j-0", "t-1", "j-2", "t-3"]


def test_without_json_nothing_is_read_as_json():
    batch = golden_vectors.record_batch([record(b'{"event_id": "e", "correlation_id": "c"}')] * 20)
    assert Decoder(formats=(Toy(),)).decode(batch, "toys")["convention"].null_count == 20


def test_a_decoder_keeps_the_formats_it_was_made_with(toy):
    decoder = Decoder()
    unregister_format("toy")
    assert [one.name for one in decoder.formats] == ["toy", "json", "raw"]
    assert [one.name for one in Decoder().formats] == ["json", "raw"]


def test_registering_again_replaces_and_built_in_names_are_refused(toy):
    again = Toy()
    register_format(again)
    assert registered_formats()[0] is again
    assert len(registered_formats()) == 3
    for name in ("json", "raw", "damaged", ""):
        bad = Toy()
        bad.name = name
        with pytest.raises(ConfigurationError, match="another name"):
            register_format(bad)
    unregister_format("nothing of this name")


async def test_a_registered_format_is_seen_in_capture_tail_table_and_sql(toy, tmp_path):
    async with await wb.connect(f"memory://toys-{uuid.uuid4().hex[:8]}", write=True, reason="test") as cluster:
        await cluster.log.create_topic("toys", partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord("toys", value=toy_value(at), partition=0) for at in range(COUNT)])

        with await cluster.capture("toys", into=tmp_path / "toys.duckdb", progress=False) as snap:
            table = snap.events(topic="toys")
            assert list(table["event_id"]) == [f"t-{at}" for at in range(COUNT)]
            flows = snap.sql("select correlation_id, count(*) n from events group by 1 order by 1")
            assert flows.to_numpy().tolist() == [["flow-0", 67], ["flow-1", 67], ["flow-2", 66]]
            assert len(snap.trace(correlation_id="flow-1")) == 67
            assert snap.sql("select value from records limit 1")["value"].iloc[0] == toy_value(0)

        spans = [Span("toys", 0, 0, COUNT)]
        feed = TailFeed(cluster.log, spans, name="toys", supervisor=cluster.tasks, decoder=topic_decoder()).start()
        limit = time.monotonic() + 20
        while feed.stats.end < COUNT:
            assert time.monotonic() < limit
            await asyncio.sleep(0.01)
        rows = feed.window(0, COUNT)
        column = [column.name for column in feed.columns].index("event_type")
        assert {row.cells[column] for row in rows} == {"toy.sent"}
        await feed.aclose()
