"""Situations from public bug reports and their siblings, each one by one and in columns."""

from __future__ import annotations

import json
import uuid
from typing import Any

import golden_vectors
import pytest

from workbench.decoding import Decoder, decode_record, load_conventions
from workbench.errors import ConfigurationError
from workbench.model import Record, TimestampType
from workbench.model.events.dead_letters import is_dead_letter, origin_by_name

TRACE_ID = "a" * 32
HOPS = [f"00-{TRACE_ID}-{digit * 16}-01" for digit in "12"]
ORDER = {"order": 17}
CE_BODY = {"specversion": "1.0", "id": "e-1", "source": "/shop", "type": "order.placed"}
NIL = "00000000-0000-0000-0000-000000000000"


def ce_headers(prefix: str, **more: str | bytes) -> list[tuple[str, str | bytes]]:
    return [(f"{prefix}{name}", text) for name, text in {**CE_BODY, **more}.items()]


def record(value: Any, headers: Any = (), topic: str = "t") -> Record:
    names = tuple((name.encode(), text.encode() if isinstance(text, str) else text) for name, text in headers)
    body = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
    return Record(topic, 0, 0, 0, TimestampType.CREATE, None, body, names)


def decoded(value: Any, headers: Any = (), topic: str = "t", conventions: Any = None) -> dict[str, Any]:
    """Decode a record in both ways, which must agree."""
    one = record(value, headers, topic)
    rows = Decoder(conventions).decode(golden_vectors.record_batch([one] * 20), topic).to_pylist()
    exact = decode_record(one, conventions)
    assert rows[0]["correlation_id"] == exact.correlation_id
    assert rows[0]["problems"] == list(exact.problems)
    assert [cause["value"] for cause in rows[0]["causes"]] == [cause.value for cause in exact.causes]
    for name in ("event_id", "convention", "cause_state", "event_type", "source", "format"):
        assert rows[0][name] == getattr(exact, name)
    assert (rows[0]["trace"] or {}).get("trace_id") == (None if exact.trace is None else exact.trace.trace_id)
    assert (rows[0]["trace"] or {}).get("via") == (None if exact.trace is None else exact.trace.via)
    return rows[0]


# 1: an id taken from a field that means something else


@pytest.mark.parametrize("hop", HOPS)
@pytest.mark.parametrize("structured", [True, False])
def test_a_whole_trace_parent_in_traceid_is_trace_context_and_no_correlation(hop, structured):
    body, headers = (CE_BODY | {"traceid": hop}, ()) if structured else (ORDER, ce_headers("ce_", traceid=hop))
    found = decoded(body, headers)
    assert (found["convention"], found["event_id"], found["correlation_id"]) == ("cloudevents", "e-1", None)
    assert (found["trace"]["trace_id"], found["trace"]["via"]) == (TRACE_ID, "ce:traceid")
    assert found["problems"] == []


@pytest.mark.parametrize("bad", [f"00-{'0' * 32}-{'1' * 16}-01", f"ff-{TRACE_ID}-{'1' * 16}-01", HOPS[0].upper()])
def test_one_that_is_not_valid_is_said(bad):
    found = decoded(CE_BODY | {"traceid": bad})
    assert (found["correlation_id"], found["trace"], found["problems"]) == (None, None, ["bad_trace_context:traceid"])


def test_other_correlation_sources_and_the_traceparent_extension():
    found = decoded({"event_id": "e", "correlation_id": HOPS[0], "causation_id": "c"})
    assert (found["convention"], found["correlation_id"]) == ("generic_json", None)
    assert found["trace"]["trace_id"] == TRACE_ID
    found = decoded(ORDER, [("correlation_id", HOPS[0]), ("message_id", "m")])
    assert (found["correlation_id"], found["trace"]["via"]) == (None, "header:correlation_id".replace(":", "?:"))
    for body, headers in ((CE_BODY | {"traceparent": HOPS[0]}, ()), (ORDER, ce_headers("ce_", traceparent=HOPS[0]))):
        assert decoded(body, headers)["trace"] == {
            "trace_id": TRACE_ID, "span_id": "1" * 16, "parent_span_id": None, "sampled": True, "via": "ce:traceparent"
        }  # fmt: skip
    other = HOPS[1].replace("a", "b")
    found = decoded(CE_BODY | {"traceparent": other}, [("traceparent", HOPS[0])])
    assert (found["trace"]["trace_id"], found["problems"]) == (TRACE_ID, ["disagreement:trace_id"])


def test_a_trace_id_that_is_no_trace_parent_stays_a_correlation():
    assert decoded(CE_BODY | {"traceid": "flow-1"})["correlation_id"] == "flow-1"


# 2: one reading of headers that Spring wrote as JSON


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("X-B3-TraceId", "5d5e0e7b9c0f4a11"),
        ("b3", f"{TRACE_ID}-{'1' * 16}-1"),
        ("uber-trace-id", f"{TRACE_ID}:{'1' * 16}:0:1"),
        ("traceparent", HOPS[0]),
    ],
)
def test_trace_headers_that_spring_quotes_are_read(name, text):
    types = json.dumps({name: "java.lang.String", "X-B3-SpanId": "java.lang.String"})
    found = decoded(ORDER, [("spring_json_header_types", types), (name, f'"{text}"'), ("X-B3-SpanId", f'"{"1" * 16}"')])
    assert found["trace"]["trace_id"] == (TRACE_ID if "-" not in name[1:2] else "5d5e0e7b9c0f4a11".rjust(32, "0"))
    assert found["problems"] == []


def test_provenance_headers_that_spring_quotes_are_read():
    values = {"x-original-topic": '"orders"', "x-original-partition": "3", "x-exception-message": '"bad \\"x\\""'}
    types = {name: "java.lang.Integer" if "partition" in name else "java.lang.String" for name in values}
    found = decoded(ORDER, [("spring_json_header_types", json.dumps(types)), *values.items()])
    assert (found["origin"]["topic"], found["origin"]["partition"]) == ("orders", 3)
    assert found["error"]["message"] == 'bad "x"'


# 3: text taken for binary because of its length


@pytest.mark.parametrize("text", ["REQ-000000012345", "9f3c2a10b4d5e6f7", "order 17, line 2"])
def test_sixteen_printable_characters_are_a_text(text):
    assert decoded(ORDER, [("kafka_correlationId", text)])["request_id"] == text
    own = load_conventions({"own": {"all": ["header:id"], "event_id": ["header:id | uuid"]}})
    assert decoded(ORDER, [("id", text)], conventions=own)["event_id"] == text


def test_sixteen_bytes_of_a_uuid_are_one():
    raw = bytes(range(0x10, 0x20))
    assert decoded(ORDER, [("kafka_correlationId", raw)])["request_id"] == str(uuid.UUID(bytes=raw))


@pytest.mark.parametrize(
    ("content", "offset"), [("+42", 42), (" 42 ", 42), (b"\x00\x00\x00\x2a", 42), ("12345678", 12345678)]
)
def test_a_number_is_text_first(content, offset):
    assert decoded(ORDER, [("kafka_dlt-original-offset", content)])["origin"]["offset"] == offset


@pytest.mark.parametrize("content", ["-1", "offset42", b"\xff\xff\xff\xff"])
def test_what_is_no_position_is_none(content):
    found = decoded(ORDER, [("kafka_dlt-original-topic", "o"), ("kafka_dlt-original-offset", content)])
    assert (found["origin"]["offset"], found["problems"]) == (None, ["bad_position"])


# 4: a usual variant of a convention


@pytest.mark.parametrize("prefix", ["ce-", "Ce-", "CE-", "cloudEvents:", "cloudEvents_"])
def test_attributes_of_cloudevents_in_the_spelling_of_http_and_amqp(prefix):
    found = decoded(ORDER, ce_headers(prefix, correlationid="flow-1", time="2026-03-01T10:00:00Z"))
    assert (found["convention"], found["dialect"]) == ("cloudevents", "binary")
    assert (found["event_id"], found["correlation_id"], found["event_type"]) == ("e-1", "flow-1", "order.placed")
    assert found["problems"] == [f"unusual_spelling:{prefix.lower()}specversion"]


def test_the_right_spelling_wins_and_has_no_problem():
    found = decoded(ORDER, [*ce_headers("ce_"), *ce_headers("ce-", id="other")])
    assert (found["event_id"], found["problems"]) == ("e-1", [])


# 17: values encoded by a gateway


FLOW = "5c1f9d0e-7a3b-4246-8c2d-1e0f9a8b7c6d"


@pytest.mark.parametrize(
    "content",
    [
        b"\xa1\x24" + FLOW.encode(),
        b"\x98" + uuid.UUID(FLOW).bytes,
        b"\xa3\x24" + FLOW.encode(),
        b"\xb1\x00\x00\x00\x24" + FLOW.encode(),
    ],
)
def test_header_values_in_the_encoding_of_amqp_are_read(content):
    found = decoded(ORDER, [("correlation_id", content)])
    assert (found["correlation_id"], found["problems"]) == (FLOW, ["amqp_encoded:correlation_id"])


@pytest.mark.parametrize("content", [b"\xa1\x25" + FLOW.encode(), b"\x98" + b"\x01" * 15, b"\xa1", b"\xa1\x02\xff\xfe"])
def test_other_bytes_stay_bytes(content):
    found = decoded(ORDER, [("correlation_id", content)])
    assert found["correlation_id"] == f"hex:{content.hex()}"
    assert found["problems"] == ["not_utf8:correlation_id"]


# smaller things


@pytest.mark.parametrize(
    "name", ["x-request-id", "X-Request-Id", "X-REQUEST-ID", "Correlation-Id", "correlationId", "X-Correlation-Id"]
)
def test_names_of_correlation_headers_in_any_case(name):
    found = decoded(ORDER, [(name, "flow-1")])
    assert (found["convention"], found["correlation_id"]) == ("generic_headers", "flow-1")


@pytest.mark.parametrize("nothing", [NIL, "{" + NIL + "}", "None", "null", "NULL", "-", "undefined", "root", "<nil>"])
def test_what_stands_for_no_id_is_no_cause(nothing):
    found = decoded({"eventId": "e", "correlationId": "c", "causationId": nothing})
    assert (found["causes"], found["cause_state"]) == ([], "unknown")
    assert decoded(CE_BODY | {"correlationid": "c", "causationid": nothing})["cause_state"] == "root"
    expected = nothing if nothing == "root" else None
    assert decoded({"eventId": "e", "correlationId": nothing, "causationId": "x"})["correlation_id"] == expected


def test_cdevents_of_tools_and_collections_of_mongodb():
    context = {"id": "c-1", "type": "dev.cdeventsx.ci-run.started.0.1.0", "source": "/ci", "chainId": "ch"}
    assert decoded({"context": context})["convention"] == "cdevents"
    source = {"connector": "mongodb", "name": "shop", "collection": "orders", "ts_ms": 1772359200000}
    for change in ({"op": "c", "after": "{}"}, {"op": "d", "after": None, "before": None}):
        found = decoded({"source": source, **change})
        assert (found["convention"], found["event_type"]) == ("debezium_change", "orders")


# conventions of one's own


OWN = {
    "all": ["value:database", "value:rev_id"],
    "event_id": "value:database + value:rev_id",
    "cause": "value:database + value:rev_parent_id",
    "correlation_id": ["value:flow", "header?:X-Flow"],
    "null_values": ["0", "n/a"],
    "root": "null_cause",
}


def test_joined_keys_null_values_and_headers_in_any_case():
    own = load_conventions({"wiki": OWN})
    body = {"database": "enwiki", "rev_id": 7, "rev_parent_id": 6, "flow": "n/a"}
    found = decoded(body, [("x-FLOW", "f-1")], conventions=own)
    assert (found["event_id"], found["correlation_id"]) == ("enwiki:7", "f-1")
    assert [(cause["value"], cause["via"]) for cause in found["causes"]] == [
        ("enwiki:6", "value:database + value:rev_parent_id")
    ]
    first = {"database": "enwiki", "rev_id": 7}
    assert (decoded(first, conventions=own)["causes"], decoded(first, conventions=own)["cause_state"]) == ([], "root")
    mixed = load_conventions(
        {"own": {"all": ["value:a"], "event_id": 'topic:(.+) + value:"x + y" + header?:Id | uuid'}}
    )
    assert decoded({"a": 1, "x + y": NIL[:-1] + "A"}, [("ID", "b" * 32)], conventions=mixed)["event_id"] == (
        f"t:{NIL[:-1]}a:bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
    )


def test_trace_selectors():
    own = load_conventions(
        {"otel": {"all": ["trace:id"], "correlation_id": "trace:id", "event_id": "trace:span", "cause": "trace:parent"}}
    )
    found = decoded(ORDER, [("traceparent", HOPS[0])], conventions=own)
    assert (found["convention"], found["correlation_id"], found["event_id"]) == ("otel", TRACE_ID, "1" * 16)
    found = decoded(ORDER, [("b3", f"{TRACE_ID}-{'1' * 16}-1-{'2' * 16}")], conventions=own)
    assert (found["correlation_id"], [cause["value"] for cause in found["causes"]]) == (TRACE_ID, ["2" * 16])
    assert decoded(CE_BODY | {"traceparent": HOPS[0]}, conventions=own)["also_matched"] == ["otel"]
    assert decoded(ORDER, [("traceparent", "00-x")], conventions=own)["convention"] is None
    assert decoded(ORDER, conventions=own)["convention"] is None


@pytest.mark.parametrize("text", ["trace:flags", "value:a[] + value:b", "value:a + value:b | base64"])
def test_selectors_that_cannot_be_are_refused(text):
    with pytest.raises(ConfigurationError, match="event_id"):
        load_conventions({"own": {"all": ["value:a"], "event_id": text}})


# dead letters of the usual families


FAMILIES = [
    ([("dead-letter-topic", "orders"), ("dead-letter-partition", "0"), ("dead-letter-offset", "7"),
      ("dead-letter-reason", "bad"), ("dead-letter-exception-class-name", "java.lang.RuntimeException")], "smallrye"),
    ([("source_topic", "orders"), ("source_partition", "0"), ("source_offset", "7"), ("source_attempts", "3")],
     "karafka"),
    ([("exception-type", "System.TimeoutException"), ("exception-message", "bad"), ("exception-stack", "at Shop"),
      ("failed-at", "1772359200000"), ("original-destination", "kafka://topic/orders"), ("original-partition", "0"),
      ("original-offset", "7")], "wolverine"),
    ([("x-original-topic", "orders"), ("x-original-partition", "0"), ("x-original-offset", "7"), ("x-error", "bad")],
     "spring_cloud_stream"),
    ([("original_topic", "orders"), ("original_partition", "0"), ("original_offset", "7"), ("error_message", "bad")],
     "application"),
    ([("originalTopic", "orders"), ("originalPartition", "0"), ("originalOffset", "7"), ("errorMessage", "bad")],
     "application"),
    ([("dlq-original-topic", "orders"), ("dlq-original-partition", "0"), ("dlq-original-offset", "7"),
      ("dlq-reason", "bad"), ("dlq-attempts", "3")], "application"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "via"), FAMILIES, ids=[f"{via}-{headers[0][0]}" for headers, via in FAMILIES])
def test_dead_letters_of_usual_writers_name_their_origin(headers, via):
    found = decoded(ORDER, headers)
    origin = found["origin"]
    assert (origin["topic"], origin["partition"], origin["offset"], origin["via"]) == ("orders", 0, 7, via)
    if via == "karafka":
        assert found["error"]["attempts"] == 3
    else:
        assert found["error"]["message"] == "bad"


CELERY = {
    "body": "W1s0MV0sIHt9LCB7fV0=", "content-encoding": "utf-8", "content-type": "application/json",
    "headers": {"lang": "py", "task": "shop.charge", "id": FLOW, "retries": 3, "origin": "gen7@shop"},
    "properties": {"correlation_id": FLOW, "delivery_info": {"exchange": "", "routing_key": "celery"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "headers"),
    [(ORDER, [("breadcrumbId", "5F-0")]), (CELERY, []), (ORDER, [("customer", "7")])],
    ids=["camel", "celery", "racecar"],
)
def test_dead_letters_without_marks_of_their_own_are_known_by_the_topic_alone(body, headers):
    found = decoded(body, headers)
    assert (found["origin"], found["error"]) == (None, None)
    for topic, expected in (("orders", False), ("orders-dlq", True), ("orders.replay.0123abcd", False)):
        assert is_dead_letter(found | {"topic": topic}) is expected
    assert origin_by_name("orders-dlq") == "orders"


def test_an_error_header_alone_makes_no_dead_letter():
    assert decoded(ORDER, [("error_message", "bad"), ("source_topic", "x")])["origin"] is None


# ONEX


def test_onex_of_real_packages():
    body = {"event_id": FLOW, "event_type": "metric.seen", "payload": {}, "data_provenance": None}
    assert decoded(body)["dialect"] == "minimal_v1"
    envelope = {
        "envelope_id": FLOW, "payload": {}, "correlation_id": FLOW, "parent_envelope_id": None, "producer": "node.a",
        "envelope_version": {"major": 2, "minor": 3, "patch": 0}, "envelope_timestamp": "2026-03-01T10:00:00Z",
    }  # fmt: skip
    found = decoded(envelope, [("source", "prod")])
    assert (found["dialect"], found["source"], found["cause_state"]) == ("event_envelope", "node.a", "root")
    assert decoded(envelope | {"envelope_version": {"major": 3, "minor": 0}})["cause_state"] == "root"
    assert decoded(envelope | {"envelope_version": {"major": 2, "minor": 1}})["cause_state"] == "unknown"
    without = {name: value for name, value in envelope.items() if name != "parent_envelope_id"}
    assert decoded(without)["cause_state"] == "unknown"
    parent = envelope | {"parent_envelope_id": FLOW.replace("5", "6")}
    assert decoded(parent)["cause_state"] == "declared"
