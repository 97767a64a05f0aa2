"""Schemas as values: more of them, and what is missing no more."""

from __future__ import annotations

import pickle

from workbench.model.schemas import Schema, SchemaReference, Schemas

ORDER = Schema(7, "AVRO", '"string"', (SchemaReference("Money", "money", 2),))
MONEY = Schema(3, "AVRO", '"int"')


def test_more_schemas_make_a_new_value():
    first = Schemas(missing={7: "HTTP 503", 8: "unknown"})
    more = first.with_more([ORDER], {("money", 2): MONEY}, {9: "unknown"})
    assert first == Schemas(missing={7: "HTTP 503", 8: "unknown"})
    assert more == Schemas({7: ORDER}, {("money", 2): MONEY}, {8: "unknown", 9: "unknown"})


def test_a_known_schema_is_never_missing():
    assert Schemas({7: ORDER}).with_more(missing={7: "HTTP 503"}).missing == {}


def test_schemas_go_to_other_processes():
    known = Schemas({7: ORDER}, {("money", 2): MONEY}, {8: "unknown"})
    assert pickle.loads(pickle.dumps(known)) == known  # noqa: S301 - our own
