"""Decoding again rewrites events and leaves the raw records."""

from __future__ import annotations

import pyarrow as pa
from snapshot_rows import raw_records

from workbench.model.records.columns import EVENT
from workbench.store.transfer import redecode

SEGMENT = 1


class TestDecodingAgain:
    def test_it_rewrites_events_alone(self, store, fill):
        class Blind:
            def decode(self, records, topic):
                rows = [
                    {
                        "partition": row["partition"],
                        "offset": row["offset"],
                        "also_matched": [],
                        "link_ids": [],
                        "id_scope": "global",
                        "causes": [],
                        "cause_state": "unknown",
                        "tombstone": False,
                        "problems": [],
                        "format": "damaged",
                        "event_type": topic,
                    }
                    for row in records.select(["partition", "offset"]).to_pylist()
                ]
                return pa.RecordBatch.from_pylist(rows, schema=EVENT)

        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        fill(raw_records(0, 5), topic="bills", capture_id="c2")
        raw = store.record_table()
        assert redecode(store, Blind()) == 35
        assert store.record_table().equals(raw)
        assert store.sql("SELECT event_type, count(*) AS n FROM events GROUP BY 1 ORDER BY 1")["n"].tolist() == [5, 30]
        assert store.ranges["damaged"].tolist() == [5, 30]
        folder = store.path.with_name("incident.duckdb.segments")
        names = ["000001.1.events.parquet", "000001.1.ids", "000001.records.parquet"]
        assert sorted(path.name for path in folder.iterdir()) == names
        redecode(store, fill.decoder)
        assert store.sql("SELECT count(*) AS n FROM events WHERE event_type LIKE 'order%'")["n"][0] == 35
        assert (folder / "000001.2.events.parquet").exists()
