"""New ids keep the graph of causes, whatever convention wrote the records, and say where they cannot be written."""

from __future__ import annotations

import contextlib
import json

import cbor2
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protobuf_messages import message_of
from serialised_values import avro_bytes, avro_schema, framed, schemas_of

from workbench.decoding import Decoder
from workbench.model.schemas import Schema
from workbench.replay.rewriting.id_map import IdMap
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.new_ids import check_renamed, rename
from workbench.replay.rewriting.raw_batch import record_batch
from workbench.replay.rewriting.record_reader import RecordReader

RUN = "6f1d2c3b-4a59-4e68-8c77-0123456789ab"


def note(ids, records):
    """Note the ids of records, each given by headers and value."""
    ids.note([READER.events(record_batch([(value, headers) for headers, value in records]))])


def checked(ids, headers, value, **also):
    """A record with new ids, read again."""
    done = rename(READER, headers, value, ids, **also)
    (wrong,) = check_renamed(READER, [done])
    if wrong is not None:
        raise NotRewritable(wrong)
    return done


def contract(event, correlation, cause):
    body = {
        "event_id": event,
        "event_type": "order.placed",
        "timestamp": "2026-01-01T00:00:00Z",
        "metadata": {"source": "shop", "correlation_id": correlation, "causation_id": cause},
        "payload": {"price": 3.5, "parent_id": event},
    }
    return (), json.dumps(body).encode()


def nservicebus(event, correlation, cause):
    pairs = [("MessageId", event), ("ConversationId", correlation), ("EnclosedMessageTypes", "Shop.Placed")]
    pairs += [("RelatedTo", cause)] if cause else []
    return tuple((f"NServiceBus.{name}".encode(), text.encode()) for name, text in pairs), b"{}"


def cloudevents(event, correlation, cause):
    pairs = [("specversion", "1.0"), ("id", event), ("source", "shop"), ("type", "placed")]
    pairs += [("correlationid", correlation)] + ([("causationid", cause)] if cause else [])
    return tuple((f"ce_{name}".encode(), text.encode()) for name, text in pairs), b"opaque \xff"


AVRO = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_type", "type": "string"},
        {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {
            "name": "metadata",
            "type": {
                "type": "record",
                "name": "Metadata",
                "fields": [
                    {"name": "source", "type": "string"},
                    {"name": "correlation_id", "type": "string"},
                    {"name": "causation_id", "type": ["null", "string"]},
                ],
            },
        },
        {"name": "payload", "type": {"type": "map", "values": ["long", "double", "string"]}},
    ],
}
PROTOBUF = """
syntax = "proto3";
message Event {
  string event_id = 1; string event_type = 2; string timestamp = 3; Metadata metadata = 4;
  map<string, double> payload = 5;
}
message Metadata { string source = 1; string correlation_id = 2; optional string causation_id = 3; }
"""
UNKNOWN = b"\xaa\x3e\x03abc"
"""A field that the Protobuf schema does not know."""
READER = RecordReader("t", Decoder(schemas=schemas_of(avro_schema(7, AVRO), Schema(9, "PROTOBUF", PROTOBUF))))


def avro(event, correlation, cause):
    body = {
        "event_id": event,
        "event_type": "order.placed",
        "timestamp": 1_700_000_000_000_001,
        "metadata": {"source": "shop", "correlation_id": correlation, "causation_id": cause},
        "payload": {"price": 3.5, "n": 3, "text": event},
    }
    return (), framed(7, avro_bytes(AVRO, body))


def protobuf(event, correlation, cause):
    body = {"event_id": event, "event_type": "order.placed", "timestamp": "2026-01-01T00:00:00Z"}
    metadata = {"source": "shop", "correlation_id": correlation} | ({"causation_id": cause} if cause else {})
    made = message_of("Event", {**body, "metadata": metadata, "payload": {"price": 3.5}}, PROTOBUF)
    return (), framed(9, b"\0" + made.SerializeToString() + UNKNOWN)


def packed(event, correlation, cause):
    _, value = contract(event, correlation, cause)
    return ((b"content-type", b"application/msgpack"),), msgpack.packb({**json.loads(value), "raw": b"\xff"})


def concise(event, correlation, cause):
    _, value = contract(event, correlation, cause)
    return ((b"content-type", b"application/cbor"),), cbor2.dumps({**json.loads(value), "raw": b"\xff"})


WRITERS = [contract, nservicebus, cloudevents, avro, protobuf, packed, concise]
TEXT = st.text("abcdefZ0123456789-", min_size=1, max_size=12).filter(lambda text: text.strip("0-") and text[0] != "-")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("550e8400-e29b-41d4-a716-446655440000", "197c7115-c8bb-58e9-a36c-372573d0533b"),
        ("550E8400-E29B-41D4-A716-446655440000", "197c7115-c8bb-58e9-a36c-372573d0533b"),
        ("order-17", "1717b199-5b7c-5501-b894-6ad8de4bdadd"),
        ("a1", "88c0af81-7ca1-51e1-8fa5-9be0167ff19c"),
        ("a2", "5a1c0d2a-78f1-5649-bceb-416d183d5d11"),
        ("a4", "560ccbea-b905-5b48-8329-7608157957ec"),
        ("k1", "fee3d6f7-16c5-5e1d-9d52-6a8ccdec483d"),
    ],
)
def test_the_map_is_that_of_the_specification(old, new):
    assert IdMap(RUN).new(old) == new


@st.composite
def graphs(draw):
    """Events of two correlations; a cause is an earlier event, one that is not selected, or none."""
    names = draw(st.lists(TEXT, min_size=1, max_size=8, unique=True))
    events = []
    for at, name in enumerate(names):
        cause = draw(st.sampled_from([None, "outside", *names[:at]]))
        events.append((name, draw(st.sampled_from(["k1", "k2"])), cause))
    return events


def shape(records):
    """Ids and causes as the decoder reads them."""
    found = READER.events(record_batch([(value, headers) for headers, value in records])).to_pylist()
    return [(one["event_id"], one["correlation_id"], [cause["value"] for cause in one["causes"]]) for one in found]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
@pytest.mark.parametrize("boundary", ["detach", "keep", "map"])
@given(events=graphs())
@settings(max_examples=35)  # for each boundary and writer
def test_the_renamed_graph_is_the_image_of_the_original(writer, boundary, events):
    originals = [writer(*event) for event in events]
    ids = IdMap(RUN, boundary)
    note(ids, originals)
    renamed = [rename(READER, headers, value, ids) for headers, value in originals]
    assert list(check_renamed(READER, renamed)) == [None] * len(renamed)
    before, after = shape(originals), shape([(one.headers, one.value) for one in renamed])
    inside = {event for event, _, _ in before}
    image = {old: ids.new(old) for old in inside}
    assert len(set(image.values())) == len(inside), "the map is injective"
    for (old, correlation, causes), (new, new_correlation, new_causes), one in zip(before, after, renamed, strict=True):
        assert (new, new_correlation) == (image[old], ids.new(correlation))
        expected = [image[cause] for cause in causes if cause in inside]
        outside = [cause for cause in causes if cause not in inside]
        if boundary == "keep":
            expected += outside
        if boundary == "map":
            expected += [ids.new(cause) for cause in outside]
        assert new_causes == expected
        assert one.detached == (outside[0] if outside and boundary == "detach" else None)


def test_only_ids_change_in_a_body():
    headers, value = contract("e1", "k1", None)
    ids = IdMap(RUN)
    note(ids, [(headers, value)])
    plain = json.loads(checked(ids, headers, value).value)
    assert plain["payload"] == {"price": 3.5, "parent_id": "e1"}
    assert list(plain) == ["event_id", "event_type", "timestamp", "metadata", "payload"]
    more = json.loads(checked(ids, headers, value, also=["payload.parent_id"]).value)
    assert more["payload"]["parent_id"] == plain["event_id"] == ids.new("e1")


@pytest.mark.parametrize("writer", [avro, protobuf])
def test_only_ids_change_in_a_body_with_a_schema(writer):
    ids = IdMap(RUN, "keep")
    note(ids, [writer("e1", "k1", None)])
    done = checked(ids, *writer("e1", "k1", "e0"))
    renamed = writer(ids.new("e1"), ids.new("k1"), "e0")[1]
    if writer is avro:
        renamed = renamed.replace(b"\x08text\x04\x48" + ids.new("e1").encode(), b"\x08text\x04\x04e1")
    assert done.value == renamed
    also = checked(ids, *avro("e1", "k1", "e0"), also=["payload.text"])
    assert also.value == avro(ids.new("e1"), ids.new("k1"), "e0")[1]


@pytest.mark.parametrize(("writer", "read"), [(packed, msgpack.unpackb), (concise, cbor2.loads)])
def test_only_ids_change_in_a_body_without_a_schema(writer, read):
    ids = IdMap(RUN, "keep")
    note(ids, [writer("e1", "k1", None)])
    done = checked(ids, *writer("e1", "k1", "e0"))
    expected = read(writer(ids.new("e1"), ids.new("k1"), "e0")[1])
    assert read(done.value) == {**expected, "payload": {"price": 3.5, "parent_id": "e1"}}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (contract(17, "k1", None)[1], "is a number"),
        (contract("e1", "k1", None)[1].replace(b"3.5", b"3.141592653589793238462643"), "would not be written again"),
        (contract("e1", "k1", None)[1].replace(b'"price"', b'"price": 1, "price"'), "a member twice"),
    ],
)
def test_what_cannot_be_rewritten_says_why(value, reason):
    ids = IdMap(RUN)
    note(ids, [((), value)])
    with pytest.raises(NotRewritable, match=reason):
        checked(ids, (), value)


@given(
    st.binary(max_size=60), st.lists(st.tuples(st.binary(max_size=9), st.none() | st.binary(max_size=9)), max_size=3)
)
def test_any_bytes_are_renamed_or_give_a_reason(value, headers):
    with contextlib.suppress(NotRewritable):
        assert checked(IdMap(RUN), tuple(headers), value).value is not None


EVENT, CORRELATION, CAUSE = (f"{at}1111111-1111-4111-8111-111111111111" for at in "abc")


def onex(event, correlation, cause):
    body = {"envelope_id": event, "correlation_id": correlation, "envelope_timestamp": "2026-01-01T00:00:00Z"}
    body |= {"event_type": "placed", "source_tool": "shop", "payload": {}}
    return (), json.dumps(body).encode()


@pytest.mark.parametrize("made", [contract, onex])
@pytest.mark.parametrize("ids", [(EVENT, CORRELATION, CAUSE), ("order-17", "flow-1", "order-16")])
def test_headers_that_repeat_an_id_of_the_body_get_the_new_one(made, ids):
    event, correlation, _ = ids
    _, value = made(*ids)
    names = (b"message_id", b"correlation_id", b"event_type", b"n")
    headers = tuple(zip(names, (event.encode(), correlation.encode(), b"placed", b"17"), strict=True))
    mapped = IdMap(RUN)
    note(mapped, [(headers, value)])
    done = checked(mapped, headers, value)
    new = [mapped.new(event).encode(), mapped.new(correlation).encode()]
    assert [content for _, content in done.headers] == [*new, b"placed", b"17"]
    assert (done.event_id, done.correlation_id) == (mapped.new(event), mapped.new(correlation))


def test_a_cause_that_is_cut_off_leaves_the_headers_too():
    headers, value = contract(EVENT, CORRELATION, CAUSE)
    headers = (
        (b"causation_id", CAUSE.upper().encode()),
        (b"x-parent", CAUSE.encode()),
        (b"empty", b""),
        (b"null", None),
    )
    mapped = IdMap(RUN)
    note(mapped, [(headers, value)])
    done = checked(mapped, headers, value)
    assert (done.headers, done.detached) == (((b"empty", b""), (b"null", None)), CAUSE)


def test_only_the_known_headers_repeat_an_id_that_is_no_uuid():
    headers, value = contract("17", "flow-1", None)
    headers = ((b"retry_count", b"17"), (b"message_id", b"17"))
    mapped = IdMap(RUN)
    note(mapped, [(headers, value)])
    assert checked(mapped, headers, value).headers == (
        (b"retry_count", b"17"),
        (b"message_id", mapped.new("17").encode()),
    )
