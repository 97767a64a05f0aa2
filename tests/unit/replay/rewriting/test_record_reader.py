"""Bodies are read as they were decoded, and are written in the encoding that they have."""

from __future__ import annotations

import json

import pytest
from protobuf_messages import ALL, message_of
from replay_samples import draft, facts, row
from serialised_values import avro_bytes, avro_schema, framed, schemas_of

from workbench.decoding import Decoder, TopicConvention, load_conventions
from workbench.model.schemas import Schema, SchemaReference, Schemas
from workbench.replay import make_plan
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.raw_batch import record_batch
from workbench.replay.rewriting.record_reader import RecordReader, reader_of

ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [{"name": "event_id", "type": "string"}, {"name": "total", "type": "double"}],
}
DECODER = Decoder(schemas=schemas_of(avro_schema(7, ORDER), Schema(9, "PROTOBUF", ALL)))
READER = RecordReader("orders", DECODER)


@pytest.mark.parametrize(
    ("value", "tree", "after"),
    [
        (b'{"a": 1}', {"a": 1}, b'{"a":2}'),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, b'\xef\xbb\xbf{"a":2}'),
        (b'\0\0\0\0\x05{"a": 1}', {"a": 1}, b'\0\0\0\0\x05{"a":2}'),
        (b'{"schema": {"type": "x"}, "payload": {"a": 1}}', {"a": 1}, b'{"schema":{"type":"x"},"payload":{"a":2}}'),
    ],
)
def test_json_keeps_what_stands_around_it(value, tree, after):
    body = RecordReader("t").body((), value)
    assert body.tree == tree
    assert body.written({"a": 2}) == after


@pytest.mark.parametrize(
    ("value", "reason"),
    [(None, "its value is null"), (b"\xff", "no JSON"), (b"\0\0\0\0\x05\xff", "schema id 5 is not known")],
)
def test_what_cannot_be_rewritten_says_why(value, reason):
    with pytest.raises(NotRewritable, match=reason):
        READER.body((), value)


def order(**members):
    return framed(9, b"\x02\x02" + message_of("shop.Order", members).SerializeToString())


def test_avro_and_protobuf_bodies_are_edited_with_their_schema():
    first = {"event_id": "e1", "total": 2.5}
    rows = [
        row(1, value=framed(7, avro_bytes(ORDER, first))),
        row(2, value=order(event_id="e2", d=2.5)),
        row(3, value=framed(7, avro_bytes(ORDER, {"event_id": "e3", "total": 1.0}))),
    ]
    selected = draft(*rows)
    selected.readers = {1: READER}

    def fix(body):
        name = "total" if "total" in body else "d"
        return {**body, name: 9.5} if body[name] == 2.5 else body

    edited = selected.edit(fix)
    assert '-  "total": 2.5' in edited.changes[0].diff
    plan = make_plan(edited, facts())
    assert [refusal.rule for refusal in plan.refusals if refusal.rule != "G-16"] == []
    found = [plan.records.rows.values[seq] for seq in range(3)]
    assert found[0] == framed(7, avro_bytes(ORDER, {**first, "total": 9.5}))
    assert found[1] == framed(
        9, b"\x02\x02" + message_of("shop.Order", {"event_id": "e2", "d": 9.5}).SerializeToString()
    )
    assert found[2] == rows[2]["value"], "what the edit does not change keeps its bytes"
    assert '+  "total": 9.5' in repr(plan)
    mapped = make_plan(edited.replace(schema_ids={7: 70, 9: 90}), facts())
    assert mapped.records.rows.values[0] == framed(70, avro_bytes(ORDER, {**first, "total": 9.5}))


def test_what_the_schema_refuses_refuses_the_record():
    selected = draft(row(1, value=framed(7, avro_bytes(ORDER, {"event_id": "e1", "total": 2.5}))))
    selected.readers = {1: READER}
    plan = make_plan(selected.edit(lambda body: {**body, "total": "much"}), facts())
    assert 'total: it is "much", and its schema wants a number' in str(plan.refusals)
    more = make_plan(selected.edit(lambda body: {**body, "more": 1}), facts())
    assert "its schema has no member more" in str(more.refusals)


def test_a_body_that_names_a_json_schema_is_checked_by_it():
    customer = {"type": "object", "required": ["name"], "properties": {"name": {"$ref": "name.json"}, "n": {}}}
    parts = {("names", 1): Schema(4, "JSON", '{"type": "string"}')}
    one = Schema(3, "JSON", json.dumps(customer), (SchemaReference("name.json", "names", 1),))
    reader = RecordReader("t", Decoder(schemas=Schemas({3: one, 5: Schema(5, "JSON", '{"type": 7}')}, parts)))
    body = reader.body((), framed(3, b'{"name": "a"}'))
    assert body.written({"name": "b", "n": 1}) == framed(3, b'{"name":"b","n":1}')
    with pytest.raises(NotRewritable, match=r"its schema refuses it: \$.name: 5 is not of type 'string'"):
        body.written({"name": 5})
    with pytest.raises(NotRewritable, match="'name' is a required property"):
        body.written({})
    with pytest.raises(NotRewritable, match="its schema cannot be used: Schema 5 is no JSON schema"):
        reader.body((), framed(5, b"{}"))


def test_a_fixed_convention_finds_the_ids():
    shops = {name: {"all": ["value:a", "value:b"], "event_id": f"value:{name}"} for name in "ab"}
    value, own = b'{"a": "first", "b": "second"}', load_conventions(shops)
    for name, text in (("a", "first"), ("b", "second")):
        reader = RecordReader("orders", Decoder(own, {"orders": TopicConvention(name)}))
        assert [one.text for one in reader.ids((), value)] == [text]
        assert reader.events(record_batch([(value, ())]))["convention"].to_pylist() == [name]


def test_a_source_without_a_reader_is_read_by_what_is_built_in():
    assert reader_of({1: READER}, 1, "x") is READER
    assert reader_of({1: READER}, 2, "x").topic == "x"
