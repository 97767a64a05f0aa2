"""The golden file of each format: what libraries of other people wrote is read to the same JSON as ever."""

from __future__ import annotations

import json

import pytest
from golden_formats import GOLDEN, decoded_rows

FILES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(GOLDEN.glob("*.json"))
    if path.stem != "java_serialisers"  # has a test of its own: Java does not write what it reads
}
"""Written by ``tests/support/write_golden_formats.py``."""
RECORDS = [(kind, at) for kind, file in FILES.items() for at in range(len(file["records"]))]
SEEN = ("format", "decoded", "damage", "raw_reason", "event_id")


def test_each_format_has_a_golden_file():
    assert sorted(FILES) == ["avro", "cbor", "jsonschema", "msgpack", "protobuf", "xml"]
    for kind, file in FILES.items():
        names = [record["name"] for record in file["records"]]
        assert len(names) == len(set(names)) >= 2, kind


@pytest.mark.parametrize(("kind", "at"), RECORDS, ids=lambda one: one if isinstance(one, str) else str(one))
def test_a_record_is_read_as_the_file_says(kind, at):
    file = FILES[kind]
    record = file["records"][at]
    first, empty, again = decoded_rows(file, record)
    assert {name: first[name] for name in SEEN} == {name: record.get(name) for name in SEEN}
    assert (empty["format"], again) == (None, first)
