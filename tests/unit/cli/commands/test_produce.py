"""``workbench produce``: records as kcat reads them, and a guard for clusters that are no development clusters."""

from __future__ import annotations

import json

import pytest

from workbench.cli import exits


@pytest.fixture
def written(run, fill):
    """Run produce with options and input, and return the records that the topic holds."""
    address = fill({"t": []})

    def produce(*words: str, given: bytes = b"") -> list[dict]:
        done = run("produce", "t", "-b", address, *words, input=given)
        assert done.exit_code == exits.OK, done.stderr
        lines = run("tail", "t", "-b", address, "-o", "start", "-e", "-J").stdout.splitlines()
        return [json.loads(line) for line in lines]

    return produce


def test_lines_with_keys_headers_and_tombstones(written):
    rows = written("-P", "-K:", "-Z", "-H", "a=1", "-H", "n", "-p", "1", given=b"k:v:w\nx:\nalone\n\xff:\x00")
    assert [(row["partition"], row.get("key"), row.get("value")) for row in rows] == [
        (1, "k", "v:w"), (1, "x", None), (1, None, "alone"), (1, None, "\x00")
    ]  # fmt: skip
    assert rows[3]["key_b64"] == "/w=="
    assert rows[0]["headers"] == [{"name": "a", "value": "1"}, {"name": "n", "value": None}]


def test_a_delimiter_of_ones_own(written):
    assert [row["value"] for row in written("-p", "0", "-D", r"\x00", "-k", "key", given=b"a\nb\0c")] == ["a\nb", "c"]


def test_files_are_records_or_lines(written, tmp_path):
    (tmp_path / "f").write_bytes(b"one\ntwo\n")
    assert [row["value"] for row in written("f", "-p", "0")] == ["one\ntwo\n"]
    assert [row["value"] for row in written("f", "-l", "-p", "0")][1:] == ["one", "two"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nope",), exits.FAILED),
        (("t", "missing-file"), exits.FAILED),
        (("t", "-D", ""), exits.USAGE),
        (("t", "-K", ":", "-k", "x"), exits.USAGE),
        (("t", "-p", "99"), exits.FAILED),
    ],
)
def test_bad_input_is_a_line(run, fill, words, code):
    done = run("produce", *words, "-b", fill({"t": []}), input=b"x\n")
    assert done.exit_code == code
    assert done.stderr.startswith("Error: ")


def test_other_clusters_need_a_reason(run, tmp_path):
    (tmp_path / "workbench.toml").write_text(
        '[clusters.shared]\naddress = "memory://shared"\ndevelopment = false\n'
        '[clusters.guarded]\naddress = "memory://guarded"\nprotected = true\n'
    )
    done = run("produce", "t", "-b", "shared", input=b"x\n")
    assert (done.exit_code, "--reason" in done.stderr) == (exits.USAGE, True)
    done = run("topics", "create", "t", "-b", "shared")
    assert (done.exit_code, "--reason" in done.stderr) == (exits.USAGE, True)
    done = run("produce", "t", "-b", "guarded", "--reason", "INC-1", input=b"x\n")
    assert (done.exit_code, "protected" in done.stderr) == (exits.REFUSED, True)
