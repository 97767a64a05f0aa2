"""A change of a registry has a row before it begins and one when it ended; without the first it does not begin."""

from __future__ import annotations

import asyncio
import json

import duckdb
import pytest

from workbench.errors import SnapshotError
from workbench.session.schemas.audit import audit_file, audited


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CONFIG_FOLDER", str(tmp_path / "made" / "here"))

    def read():
        with duckdb.connect(str(audit_file()), read_only=True) as connection:
            found = connection.execute("SELECT operation_id, result, reason, details FROM audit ORDER BY rowid")
            return [(*row[:3], json.loads(row[3])) for row in found.fetchall()]

    return read


async def test_a_change_has_two_rows(rows):
    async with audited("x", "op", "why", "c", {"subject": "s"}) as result:
        assert [row[1] for row in rows()] == ["begun"]
        result["id"] = 7
    assert rows() == [("op", "begun", "why", {"subject": "s"}), ("op", "done", "why", {"subject": "s", "id": 7})]


async def test_a_failure_and_an_interruption_are_rows(rows):
    with pytest.raises(ValueError, match="broken"):
        async with audited("x", "op", "", "c", {}):
            raise ValueError("broken")
    with pytest.raises(asyncio.CancelledError):
        async with audited("x", "op", "", "c", {}):
            raise asyncio.CancelledError
    assert [row[1] for row in rows()] == ["begun", "failed: ValueError", "begun", "failed: CancelledError"]


async def test_what_cannot_be_audited_is_not_done(rows):
    audit_file().parent.mkdir(parents=True)
    audit_file().write_bytes(b"no database" * 1_000)
    with pytest.raises(SnapshotError):
        async with audited("x", "op", "", "c", {}):
            pytest.fail("it was done")
