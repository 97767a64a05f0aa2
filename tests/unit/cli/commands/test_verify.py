"""``workbench verify`` lists what is not whole, and says it by its exit code."""

from __future__ import annotations

import json

from snapshot_rows import Filler, raw_records
from typer.testing import CliRunner

from workbench.cli import application
from workbench.decoding import Decoder
from workbench.store import SnapshotStore

RUNNER = CliRunner()


def test_whole_damaged_and_older_snapshots(tmp_path):
    path = tmp_path / "incident.duckdb"
    with SnapshotStore.open(path, write=True) as store:
        for begin in (0, 400):
            Filler(store, Decoder())(raw_records(begin, 400), segment_bytes=1)
    result = RUNNER.invoke(application(), ["verify", str(path)])
    assert (result.exit_code, result.stdout.strip()) == (0, "")
    assert "0 faults" in result.stderr
    with SnapshotStore.open(path, write=True) as store, store.transaction() as cursor:
        cursor.execute("UPDATE segments SET records_crc32c = NULL WHERE segment_id = 1")
    result = RUNNER.invoke(application(), ["verify", str(path)])
    assert result.exit_code == 0
    assert "1 file written before checksums were stored" in result.stderr
    damaged = store.folder / "000002.records.parquet"
    damaged.write_bytes(b"\0" + damaged.read_bytes()[1:])
    result = RUNNER.invoke(application(), ["verify", str(path)])
    assert result.exit_code == 1
    assert "orders/0 offsets 400 to 799" in result.stdout
    rows = [json.loads(line) for line in RUNNER.invoke(application(), ["verify", str(path), "-J"]).stdout.splitlines()]
    assert {row["state"] for row in rows} == {"ok", "no checksum", "damaged"}
    assert RUNNER.invoke(application(), ["verify", str(tmp_path / "none.duckdb")]).exit_code == 1
