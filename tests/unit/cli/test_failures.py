"""Bad files and a system that refuses: one line on standard error, and nothing that was not there before."""

from __future__ import annotations

import random

import pytest
from mounts import small_disk

from workbench.cli import exits
from workbench.cli.failures import exit_code, report
from workbench.errors import ConfigurationError
from workbench.model import NewRecord

READERS = [
    ("sql", "{}", "select 1"),
    ("trace", "{}", "-c", "flow-1"),
    ("pack", "{}"),
    ("verify", "{}"),
    ("dlq", "{}"),
    ("export", "{}", "x.jsonl"),
    ("replay", "{}", "--where", "true", "-b", "memory://none"),
]


@pytest.mark.parametrize("words", READERS, ids=lambda words: words[0])
@pytest.mark.parametrize("file", ["missing.duckdb", "folder", "foreign.txt", "empty.duckdb", "no/where.duckdb"])
def test_what_is_no_snapshot_is_said_and_left_as_it_is(run, tmp_path, words, file):
    (tmp_path / "folder").mkdir()
    (tmp_path / "foreign.txt").write_text("no snapshot")
    (tmp_path / "empty.duckdb").touch()
    before = sorted(tmp_path.iterdir())
    done = run(*(word.format(file) for word in words))
    assert done.exit_code in (exits.FAILED, exits.USAGE)
    assert done.stderr.startswith("Error: ")
    assert file.split("/", maxsplit=1)[0] in done.stderr
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("target", ["no/where.jsonl", "no/where.parquet", "x.txt", "folder"])
def test_an_export_that_cannot_be_written_names_its_target(run, tmp_path, snapshot, target):
    (tmp_path / "folder").mkdir()
    done = run("export", snapshot, target)
    assert done.exit_code == exits.FAILED
    assert target in done.stderr


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_a_full_disk_of_an_export_is_not_blamed_on_the_snapshot(run, tmp_path, fill, name):
    noise = random.Random(1)  # noqa: S311 - not for secrets
    records = [NewRecord("big", None, noise.randbytes(10_000), (), 0) for _ in range(40)]
    assert run("capture", "big", "-b", fill({"big": records}), "--into", "a.duckdb").exit_code == 0
    with small_disk(tmp_path / "small", "64k"):
        done = run("export", "a.duckdb", f"small/{name}")
        assert (done.exit_code, list((tmp_path / "small").iterdir())) == (exits.FAILED, [])
    assert done.stderr == (
        f"Error: The disk that holds small/{name} is full, so it was not written. "
        "Free space, or name a file elsewhere.\n"
    )


@pytest.mark.parametrize("file", ["folder", "foreign.txt", "no/where.duckdb"])
def test_a_capture_into_what_is_no_snapshot_is_a_line(run, tmp_path, address, file):
    (tmp_path / "folder").mkdir()
    (tmp_path / "foreign.txt").write_text("no snapshot")
    done = run("capture", "orders", "-b", address, "--into", file)
    assert done.exit_code == exits.FAILED
    assert file in done.stderr


def test_errors_of_the_system_name_the_file(capsys):
    report(PermissionError(13, "Permission denied", "a\x1b.duckdb"))
    assert capsys.readouterr().err == "Error: a\\x1b.duckdb: Permission denied.\n"
    report(OSError(28, "No space left on device"))
    assert capsys.readouterr().err == "Error: The system: No space left on device.\n"


def test_only_a_fault_of_this_package_has_no_exit_code():
    assert exit_code(ConfigurationError("x")) == exits.USAGE
    assert exit_code(IsADirectoryError(21, "Is a directory")) == exits.FAILED
    assert exit_code(KeyError("a bug")) is None
