from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snapshot_rows import Filler, raw_records

from workbench.errors import SnapshotError, SnapshotFormatError, SnapshotLockedError, StorageFullError
from workbench.model.chunk import Gap
from workbench.model.columns import RECORD
from workbench.store import SnapshotStore
from workbench.store.file.schema import VERSION
from workbench.store.transfer import export_records, import_file, redecode

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

SUPPORT = Path(__file__).parents[2] / "support"


def hostile_records() -> pa.Table:
    count = HOSTILE.num_rows
    numbers = {
        "partition": pa.array([2] * count, pa.int32()),
        "offset": pa.array([7, 8, 9, 20], pa.int64()),
        "timestamp_ms": pa.array([-1, 0, 2**62, 1], pa.int64()),
        "timestamp_type": pa.array([-1, 0, 1, 0], pa.int8()),
    }
    return pa.table({**numbers, **dict(zip(HOSTILE.column_names, HOSTILE.columns, strict=True))}, schema=RECORD)


class TestOpening:
    def test_a_snapshot_that_is_not_there(self, snapshot_path):
        with pytest.raises(SnapshotError, match="There is no snapshot"):
            SnapshotStore.open(snapshot_path)
        assert not snapshot_path.exists()

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(SnapshotError, match=r"folder of .* does not exist"):
            SnapshotStore.open(tmp_path / "no" / "x.duckdb", write=True)

    def test_a_folder_instead_of_a_file(self, tmp_path):
        with pytest.raises(SnapshotError, match="is a folder"):
            SnapshotStore.open(tmp_path)

    @pytest.mark.parametrize("write", [True, False])
    def test_a_foreign_file_is_left_as_it_is(self, snapshot_path, write):
        snapshot_path.write_bytes(b"PK\x03\x04 something else" * 500)
        before = snapshot_path.read_bytes()
        with pytest.raises(SnapshotFormatError, match="is not a whole snapshot"):
            SnapshotStore.open(snapshot_path, write=write)
        assert snapshot_path.read_bytes() == before

    @pytest.mark.parametrize("write", [True, False])
    def test_a_database_of_somebody_else(self, snapshot_path, write):
        with duckdb.connect(str(snapshot_path)) as other:
            other.execute("CREATE TABLE customers (name VARCHAR)")
        with pytest.raises(SnapshotFormatError, match="no snapshot of the workbench"):
            SnapshotStore.open(snapshot_path, write=write)
        with duckdb.connect(str(snapshot_path)) as other:
            assert other.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("customers",)]

    def test_a_newer_version(self, store):
        with store.transaction() as cursor:
            cursor.execute("INSERT INTO workbench_schema VALUES (?, now()::TIMESTAMP, 'tomorrow')", [VERSION + 1])
        store.close()
        with pytest.raises(SnapshotFormatError, match=rf"version {VERSION + 1}; .* up to {VERSION}\. Upgrade"):
            SnapshotStore.open(store.path)

    def test_a_truncated_file_is_refused_or_nothing_is_missing(self, store, fill):
        fill(raw_records(0, 2000))
        records, events = store.record_table(), store.event_table()
        store.close()
        whole = store.path.read_bytes()
        refused = set()
        for tenths in range(1, 10):
            store.path.write_bytes(whole[: len(whole) * tenths // 10])
            try:
                with SnapshotStore.open(store.path) as rest:
                    assert rest.record_table().equals(records)
                    assert rest.event_table().equals(events)
            except SnapshotFormatError:
                refused.add(tenths)
        assert refused >= {1, 2, 3, 4, 5, 6}

    def test_a_killed_writer_leaves_what_it_committed(self, snapshot_path):
        script = (
            "import os, signal, sys; sys.path.insert(0, sys.argv[2])\n"
            "from snapshot_rows import Filler, raw_records\n"
            "from workbench.store import SnapshotStore\n"
            "from workbench.decoding import Decoder\n"
            "store = SnapshotStore.open(sys.argv[1], write=True)\n"
            "Filler(store, Decoder())(raw_records(0, 50))\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        ended = subprocess.run([sys.executable, "-c", script, snapshot_path, SUPPORT], check=False)
        assert ended.returncode == -9
        assert _read_all(snapshot_path) == 50

    def test_a_read_only_folder_can_be_read(self, store, fill, tmp_path):
        fill(raw_records(0, 30), segment_bytes=1)
        store.close()
        with _read_only_mount(tmp_path):
            assert _read_all(store.path) == 30
            with pytest.raises(SnapshotError):
                SnapshotStore.open(tmp_path / "new.duckdb", write=True)


class TestLocks:
    def test_another_process_is_named(self, store):
        script = "import sys; from workbench.store import SnapshotStore; SnapshotStore.open(sys.argv[1])"
        ended = subprocess.run([sys.executable, "-c", script, store.path], check=False, capture_output=True, text=True)
        assert f"SnapshotLockedError: {store.path} is being written by process" in ended.stderr.strip().splitlines()[-1]

    @pytest.mark.parametrize("write", [True, False])
    def test_so_is_this_one(self, store, write):
        with pytest.raises(SnapshotLockedError, match=r"written by process \d+ .*copy_to") as caught:
            SnapshotStore.open(store.path, write=write)
        assert caught.value.holder

    def test_readers_share(self, store):
        store.close()
        with SnapshotStore.open(store.path) as one, SnapshotStore.open(store.path) as other:
            assert one.sql("SELECT 1 AS x")["x"][0] == other.sql("SELECT 1 AS x")["x"][0] == 1

    def test_a_reader_changes_nothing(self, store, fill, decoder):
        fill(raw_records(0, 3))
        store.close()
        before = store.path.read_bytes()
        with SnapshotStore.open(store.path) as reader:
            for act in (reader.pack, lambda: redecode(reader, decoder), reader.new_segment):
                with pytest.raises(SnapshotError, match="reading only"):
                    act()
        assert store.path.read_bytes() == before


class TestFullDisk:
    def test_what_was_committed_stays(self, tmp_path, decoder):
        disk = tmp_path / "disk"
        with _small_disk(disk, "24m"):
            path = disk / "incident.duckdb"
            store = SnapshotStore.open(path, write=True)
            try:
                with pytest.raises(StorageFullError, match=r"full\. What was committed before is intact"):
                    _fill_up(Filler(store, decoder))
            finally:
                _close_quietly(store)
            with SnapshotStore.open(path) as reader:
                rows = reader.sql("SELECT topic, count(*) AS n FROM records GROUP BY 1 ORDER BY 1")
                ranges = reader.sql(
                    'SELECT topic, next - "from" AS n FROM capture_ranges JOIN sources USING (source_id)'
                )
                stored = {topic: n for topic, n in ranges.to_numpy() if n}
                assert len(stored) > 3
                assert dict(rows.to_numpy()) == stored
                assert set(stored.values()) == {1000}


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


def _read_all(path: Path) -> int:
    with SnapshotStore.open(path) as store:
        assert store.event_table().num_rows == store.record_table().num_rows
        return store.record_table().num_rows


def _fill_up(fill: Filler) -> None:
    for number in range(200):
        records = _incompressible(number * 1000, 1000)
        fill(records, topic=f"t{number}", capture_id=f"c{number}", segment_bytes=1)


def _incompressible(first: int, count: int) -> pa.Table:
    records = raw_records(first, count)
    return records.set_column(5, RECORD.field("value"), pa.array([os.urandom(600) for _ in range(count)]))


def _close_quietly(store: SnapshotStore) -> None:
    try:
        store.close()
    except (SnapshotError, StorageFullError):
        return


@contextmanager
def _small_disk(folder: Path, size: str):
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def _read_only_mount(folder: Path):
    _mount("--bind", folder, folder)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _mount(*arguments: str | Path) -> None:
    try:
        done = subprocess.run(["mount", *arguments], check=False, capture_output=True)
    except FileNotFoundError:
        pytest.skip("mount is missing: it makes the small and the read-only disk")
    if done.returncode:
        pytest.skip("mounting needs root: it makes the small and the read-only disk")
