"""Two versions are compared line by line; the result is text and escaped HTML."""

from __future__ import annotations

import json

from workbench.bus.registry import SubjectVersion
from workbench.exploration import schema_diff
from workbench.exploration.schema_diff import diff_versions
from workbench.model.schemas import Schema, SchemaReference


def version(number, text, kind="AVRO", references=()):
    return SubjectVersion("orders-value", number, Schema(number, kind, text, references))


def test_changed_members_are_lines():
    before = version(1, '{"type":"record","name":"A","fields":[]}')
    found = diff_versions(before, version(2, '{"type":"record","name":"B","fields":[]}'))
    assert found.changed
    assert '-  "name": "A",' in found.text
    assert '+  "name": "B",' in found.text
    assert found.text.startswith("orders-value: version 1 to 2\n--- version 1 (id 1)")
    assert repr(found) == found.text


def test_blanks_are_no_difference():
    found = diff_versions(version(1, '{"a":1}'), version(2, '{ "a" : 1 }'))
    assert not found.changed
    assert "no difference" in found.text
    assert "no difference" in found._repr_html_()


def test_type_and_references_count():
    found = diff_versions(
        version(1, "message A {}", "PROTOBUF"),
        version(2, "message A {}", "PROTOBUF", (SchemaReference("b.proto", "b", 3),)),
    )
    assert "+reference b.proto = b version 3" in found.text


def test_hostile_texts_are_shown_and_obeyed_by_nobody():
    found = diff_versions(version(1, "<script>\x1b[2J", "PROTOBUF"), version(2, json.dumps("<img src=x>")))
    assert "\x1b" not in found.text
    html = found._repr_html_()
    assert "<script>" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_very_long_schemas_are_compared_in_part(monkeypatch):
    monkeypatch.setattr(schema_diff, "_LINES", 10)
    found = diff_versions(version(1, json.dumps(list(range(100)))), version(2, json.dumps(list(range(99)))))
    assert "Only the first 10 lines" in found.text
