"""Records go out and in again without loss, all of them or none."""

from __future__ import annotations

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snapshot_rows import raw_records

from workbench.errors import SnapshotError, SnapshotFormatError
from workbench.model.records.chunk import Gap
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore
from workbench.store.transfer import export_records, import_file

HOSTILE = pa.Table.from_pylist(
    [
        {"key": None, "value": None, "headers": []},
        {"key": b"", "value": b"", "headers": [{"name": b"", "value": b""}]},
        {
            "key": b"\xff\xfe",
            "value": "é\x00\u2028</script>".encode(),
            "headers": [{"name": b"\xff", "value": b"\x80"}],
        },
        {"key": b"k", "value": b"{", "headers": [{"name": b"a", "value": None}, {"name": b"a", "value": b"1"}]},
    ],
    schema=pa.schema([RECORD.field(name) for name in ("key", "value", "headers")]),
)


def hostile_records() -> pa.Table:
    count = HOSTILE.num_rows
    numbers = {
        "partition": pa.array([2] * count, pa.int32()),
        "offset": pa.array([7, 8, 9, 20], pa.int64()),
        "timestamp_ms": pa.array([-1, 0, 2**62, 1], pa.int64()),
        "timestamp_type": pa.array([-1, 0, 1, 0], pa.int8()),
    }
    return pa.table({**numbers, **dict(zip(HOSTILE.column_names, HOSTILE.columns, strict=True))}, schema=RECORD)


class TestExchange:
    @pytest.mark.parametrize(
        ("name", "size"), [("out.parquet", None), ("out.jsonl", None), ("out.parquet", 1), ("out.jsonl", 1)]
    )
    def test_out_and_in_again_without_loss(self, store, fill, tmp_path, name, size):
        decoder = fill.decoder
        fill(hostile_records(), segment_bytes=size, gaps=(Gap("expired", 10, 12),))
        fill(raw_records(0, 10), topic="bills", capture_id="c2")
        assert export_records(store, tmp_path / name) == 14
        with SnapshotStore.open(tmp_path / "second.duckdb", write=True) as second:
            imported = import_file(second, tmp_path / name, decoder)
            assert (imported.records, imported.known) == (14, 0)
            assert second.record_table().equals(store.record_table())
            assert second.event_table().equals(store.event_table())
            again = import_file(second, tmp_path / name, decoder)
            assert (again.records, again.known) == (0, 14)
            assert second.record_table().num_rows == 14

    def test_provenance_travels_in_parquet(self, store, fill, tmp_path, decoder):
        fill(hostile_records(), gaps=(Gap("expired", 10, 12),))
        export_records(store, tmp_path / "out.parquet")
        with SnapshotStore.open(tmp_path / "second.duckdb", write=True) as second:
            import_file(second, tmp_path / "out.parquet", decoder)
            assert second.ranges_table().equals(store.ranges_table())

    def test_a_file_without_provenance_proves_only_what_is_in_it(self, store, fill, tmp_path, decoder):
        fill(hostile_records())
        export_records(store, tmp_path / "out.jsonl")
        with SnapshotStore.open(tmp_path / "second.duckdb", write=True) as second:
            import_file(second, tmp_path / "out.jsonl", decoder)
            assert [tuple(row) for row in second.ranges[["from", "next"]].to_numpy()] == [(7, 10), (20, 21)]

    def test_json_lines_say_bytes_by_one_rule(self, store, fill, tmp_path):
        fill(hostile_records())
        export_records(store, tmp_path / "out.jsonl", where='"offset" >= 7')
        null, empty, binary, _ = map(orjson.loads, (tmp_path / "out.jsonl").read_bytes().splitlines())
        assert null["key"] is None
        assert null["value"] is None
        assert empty["key"] == empty["value"] == ""
        assert binary["key_b64"] == "//4="
        assert "key" not in binary
        assert binary["value"] == "é\x00\u2028</script>"
        assert binary["headers"] == [{"name_b64": "/w==", "value_b64": "gA=="}]

    @pytest.mark.parametrize(
        "content",
        [b"{", b"[]", b"{}\n", b'{"topic":"t","partition":-5,"offset":1,"timestamp_ms":1,"timestamp_type":0}', b"\xff"],
    )
    def test_a_bad_line_is_named_and_nothing_is_stored(self, store, fill, tmp_path, content):
        fill(raw_records(0, 3))
        export_records(store, tmp_path / "good.jsonl")
        (tmp_path / "bad.jsonl").write_bytes((tmp_path / "good.jsonl").read_bytes() + content)
        with SnapshotStore.open(tmp_path / "second.duckdb", write=True) as second:
            with pytest.raises(SnapshotFormatError, match="line 4"):
                import_file(second, tmp_path / "bad.jsonl", fill.decoder)
            assert second.record_table().num_rows == 0
            assert second.sources() == []

    def test_foreign_parquet_and_unknown_formats(self, store, tmp_path, decoder):
        pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign.parquet")
        with pytest.raises(SnapshotFormatError, match="lacks the columns"):
            import_file(store, tmp_path / "foreign.parquet", decoder)
        (tmp_path / "broken.parquet").write_bytes(b"PAR1")
        with pytest.raises(SnapshotFormatError):
            import_file(store, tmp_path / "broken.parquet", decoder)
        with pytest.raises(SnapshotError, match="format"):
            export_records(store, tmp_path / "out.xlsx")
        assert not (tmp_path / "out.xlsx").exists()

    @pytest.mark.parametrize(
        ("column", "value"),
        [("topic", None), ("offset", -3), ("partition", None), ("timestamp_type", 7), ("offset", None)],
    )
    @pytest.mark.parametrize("kind", ["parquet", "jsonl"])
    def test_a_value_that_no_record_has_is_named_by_row_and_column(self, store, fill, column, value, kind):
        tmp_path = store.path.parent
        fill(raw_records(0, 30))
        path = tmp_path / f"out.{kind}"
        export_records(store, path)
        if kind == "parquet":
            rows = pq.read_table(path).to_pylist()
            rows[17][column] = value
            nullable = pa.schema([field.with_nullable(True) for field in pq.read_schema(path)])
            pq.write_table(pa.Table.from_pylist(rows, schema=nullable), path)
            place = f"row 18, column {column}"
        else:
            lines = path.read_bytes().splitlines(keepends=True)
            lines[17] = orjson.dumps({**orjson.loads(lines[17]), column: value}) + b"\n"
            path.write_bytes(b"".join(lines))
            place = f"line 18: {column} is"
        with SnapshotStore.open(tmp_path / "new.duckdb", write=True) as new:
            with pytest.raises(SnapshotFormatError, match=place):
                import_file(new, path, fill.decoder)
            assert new.record_count() == 0

    @pytest.mark.parametrize("kind", ["parquet", "jsonl"])
    def test_any_time_of_a_record_comes_in_again(self, store, fill, tmp_path, kind):
        times = pa.array([-(2**63), -5, -1, 2**63 - 1], pa.int64())
        records = raw_records(0, 4)
        fill(records.set_column(records.schema.get_field_index("timestamp_ms"), "timestamp_ms", times))
        export_records(store, tmp_path / f"out.{kind}")
        with SnapshotStore.open(tmp_path / "new.duckdb", write=True) as new:
            assert import_file(new, tmp_path / f"out.{kind}", fill.decoder).records == 4
            assert new.record_table().equals(store.record_table())
