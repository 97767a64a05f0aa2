"""Ids, times, filters, JSON, trace contexts and topic names: the tables of the envelope reference."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding import decode_record
from workbench.decoding.conventions.filters import FILTERS
from workbench.decoding.conventions.onex_topics import is_dead_letter_topic, parse_onex_topic
from workbench.decoding.conventions.selectors import parse_selector
from workbench.decoding.formats.json_text import MISSING, JsonNumber, _read_deep, read_body, read_json
from workbench.decoding.ids import canonical_id, is_uuid, span_of
from workbench.decoding.times import parse_time
from workbench.model import Record, TimestampType
from workbench.model.envelope import TraceContext

UUID = "00000000-0000-4000-8000-0000000000a2"
MARCH = 1_772_359_200_000_000


@pytest.mark.parametrize("text", [UUID, UUID.upper(), "{" + UUID.upper() + "}", "urn:uuid:" + UUID, "URN:UUID:" + UUID])
def test_uuids_have_one_spelling(text):
    assert canonical_id(text) == UUID
    assert is_uuid(text)


@pytest.mark.parametrize(
    "text", [UUID.replace("-", ""), "Order-17", "{x}", UUID + " ", "", "urn:uuid:7", UUID[:-1] + "g"]
)
def test_other_ids_stay_exactly_as_they_are(text):
    assert canonical_id(text) == text


def test_spans_are_told_from_ids():
    assert span_of("1a2b3c4d5e6f7081") == "1a2b3c4d5e6f7081"
    assert span_of("00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01") == "1a2b3c4d5e6f7081"
    assert span_of("1A2B3C4D5E6F7081") is None
    assert span_of(UUID) is None


@pytest.mark.parametrize(
    ("text", "parser", "micros", "faults"),
    [
        ("2026-03-01T10:00:00Z", "rfc3339", MARCH, ()),
        ("2026-03-01t10:00:00.1z", "rfc3339", MARCH + 100_000, ()),
        ("2026-03-01 12:30:00.123456789+02:30", "rfc3339", MARCH + 123_456, ()),
        ("2026-03-01T10:00:00", "rfc3339", None, ("bad_time",)),
        ("2026-03-01T10:00:00", "rfc3339_or_utc", MARCH, ("time_zone_assumed",)),
        ("2026-03-01T10:00:00.1234567890Z", "rfc3339", None, ("bad_time",)),
        ("2026-02-29T10:00:00Z", "rfc3339", None, ("bad_time",)),
        ("2024-02-29T00:00:00Z", "rfc3339", 1_709_164_800_000_000, ()),
        ("2026-03-01T10:00:00+0000", "rfc3339", None, ("bad_time",)),
        ("2026-03-01T10:00:00+24:00", "rfc3339", None, ("bad_time",)),
        ("1999-12-31T23:59:59Z", "rfc3339", 946_684_799_000_000, ("implausible_time",)),
        ("2100-12-31T23:59:59Z", "rfc3339", 4_133_980_799_000_000, ()),
        ("2101-01-01T00:00:00", "auto", 4_133_980_800_000_000, ("time_zone_assumed", "implausible_time")),
        ("2026-03-01 10:00:00:123456 Z", "nservicebus", MARCH + 123_456, ()),
        ("2026-03-01T10:00:09.0000010+00:00", "nservicebus", MARCH + 9_000_001, ()),
        ("1772359200", "epoch_s", MARCH, ()),
        ("1772359200400", "epoch_ms", MARCH + 400_000, ()),
        ("1772359200000001", "epoch_us", MARCH + 1, ()),
        ("1772359200000001999", "epoch_ns", MARCH + 1, ()),
        ("1772359200", "auto", MARCH, ()),
        ("1772359200000", "auto", MARCH, ()),
        ("1772359200000000", "auto", MARCH, ()),
        ("1772359200000000000", "auto", MARCH, ()),
        ("99999999999", "auto", 99_999_999_999_000_000, ("implausible_time",)),
        ("1772359200.5", "epoch_s", None, ("bad_time",)),
        ("9" * 25, "epoch_ms", None, ("bad_time",)),
        ("", "auto", None, ("bad_time",)),
    ],
)
def test_times(text, parser, micros, faults):
    parsed = parse_time(text, parser)
    assert (parsed.micros, parsed.faults) == (micros, faults)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("be", bytes.fromhex("00000007"), "7"),
        ("be", bytes.fromhex("00000000075bcd15"), "123456789"),
        ("le", bytes.fromhex("15cd5b0700000000"), "123456789"),
        ("be", bytes.fromhex("0000018bcfe56800"), "1700000000000"),
        ("be", bytes.fromhex("019ca8d72e90"), "1772359200400"),
        ("be", b"\xff", "-1"),
        ("be", b"42", "42"),
        ("be", b"", None),
        ("be", b"123456789\x00", None),
        ("le", b"\x01\x02", None),
        ("uuid", bytes.fromhex("00000000000040008000000000000077"), "00000000-0000-4000-8000-000000000077"),
        ("uuid_le", bytes.fromhex("00112233445566778899aabbccddeeff"), "33221100-5544-7766-8899-aabbccddeeff"),
        ("uuid", "000000000000400080000000000000A2", UUID),
        ("uuid", "order-1", "order-1"),
        ("urn", "urn:message:Shop:Order", "Shop:Order"),
        ("typename", b"Shop.OrderBilled, Shop.Contracts, Version=1.0.0.0;Shop.IEvent", b"Shop.OrderBilled"),
        ("pgtx", "77:991", b"77"),
        ("pgtx", "0e4d5dcd-a33b:10", "0e4d5dcd-a33b:10"),
    ],
)
def test_filters(name, value, expected):
    assert FILTERS[name](value) == expected


@pytest.mark.parametrize(
    "text", ["NaN", '{"a": Infinity}', "[1,]", '{"a":1,}', "01", "+1", "'a'", '"\x01"', "", "{}x", '"\\q"', "[1", "nul"]
)
def test_what_is_not_json(text):
    assert read_json(text) is MISSING
    assert _read_deep(text) is MISSING


def test_json_keeps_literals_and_the_last_of_repeated_keys():
    assert read_json('{"a": 1, "a": 1.10, "b": 123456789012345678901234567890}') == {
        "a": "1.10",
        "b": "123456789012345678901234567890",
    }
    assert isinstance(read_json("1e5"), JsonNumber)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(deadline=None)
@given(json_values, st.sampled_from([None, 1]))
def test_reading_without_recursion_gives_the_same(value, indent):
    text = json.dumps(value, indent=indent)
    assert _read_deep(text) == read_json(text)


def test_nesting_deeper_than_the_interpreter_can_recurse():
    depth = 100_000
    body = read_body(b'{"a": ' + b"[" * depth + b"]" * depth + b', "b": {"c": "x"}}')
    assert body["b"] == {"c": "x"}


def test_marks_prefixes_and_wrappers_are_opened():
    assert read_body(b"\xef\xbb\xbf{}") == {}
    assert read_body(b'\x00\x00\x00\x00\x07{"a": true}') == {"a": True}
    assert read_body(b'{"schema": null, "payload": {"a": false}}') == {"a": False}
    assert read_body(b'{"schema": null, "payload": {}, "more": {}}') == {"schema": None, "payload": {}, "more": {}}
    assert read_body(b"\x00\x00\x00\x00\x07binary") is MISSING
    assert read_body(None) is MISSING


def test_paths():
    assert parse_selector('value:meta."a.b".c').steps == ("meta", "a.b", "c")
    assert parse_selector("const:a | b").path == "a | b"


TRACE = "5c1f9d0e7a3b42468c2d1e0f9a8b7c6d"
SPAN = "1a2b3c4d5e6f7081"
BAD = "bad_trace_context:"


@pytest.mark.parametrize(
    ("headers", "trace", "problems"),
    [
        ({"traceparent": f"00-{TRACE}-{SPAN}-01"}, TraceContext(TRACE, SPAN, None, True, "traceparent"), ()),
        ({"TraceParent": f"00-{TRACE}-{SPAN}-00"}, TraceContext(TRACE, SPAN, None, False, "traceparent"), ()),
        ({"traceparent": f"00-{TRACE.upper()}-{SPAN}-01"}, None, (BAD + "traceparent",)),
        ({"traceparent": f"00-{'0' * 32}-{SPAN}-01"}, None, (BAD + "traceparent",)),
        ({"traceparent": f"ff-{TRACE}-{SPAN}-01"}, None, (BAD + "traceparent",)),
        ({"traceparent": f"00-{TRACE}-{SPAN}-01-x"}, None, (BAD + "traceparent",)),
        ({"traceparent": f"cc-{TRACE}-{SPAN}-00-x"}, TraceContext(TRACE, SPAN, None, False, "traceparent"), ()),
        (
            {"b3": f"8c2d1e0f9a8b7c6d-{SPAN}-1-2b3c4d5e6f708192"},
            TraceContext("00000000000000008c2d1e0f9a8b7c6d", SPAN, "2b3c4d5e6f708192", True, "b3"),
            (),
        ),
        ({"b3": "0"}, TraceContext(sampled=False, via="b3"), ()),
        (
            {"b3": "d", "uber-trace-id": "7a3b42468c2d1e:9a8b7c6d:0:1"},
            TraceContext("0000000000000000007a3b42468c2d1e", "000000009a8b7c6d", None, True, "uber-trace-id"),
            (),
        ),
        (
            {"uber-trace-id": "7a3b42468c2d1e%3A9a8b7c6d%3a1%3A0"},
            TraceContext(
                "0000000000000000007a3b42468c2d1e", "000000009a8b7c6d", "0" * 15 + "1", False, "uber-trace-id"
            ),
            (),
        ),
        (
            {"X-B3-TraceId": TRACE, "x-b3-spanid": SPAN, "X-B3-Sampled": "true"},
            TraceContext(TRACE, SPAN, None, True, "X-B3-TraceId"),
            (),
        ),
        (
            {"traceparent": f"00-{TRACE}-{SPAN}-01", "b3": f"{'1' * 32}-{SPAN}"},
            TraceContext(TRACE, SPAN, None, True, "traceparent"),
            ("disagreement:trace_id",),
        ),
        (
            {"traceparent": "nonsense", "b3": f"{TRACE}-{SPAN}"},
            TraceContext(TRACE, SPAN, None, None, "b3"),
            (BAD + "traceparent",),
        ),
    ],
)
def test_trace_contexts(headers, trace, problems):
    raw = tuple((name.encode(), text.encode()) for name, text in headers.items())
    found = decode_record(Record("t", 0, 0, 0, TimestampType.CREATE, None, None, raw))
    assert (found.trace, found.problems) == (trace, problems)


def test_topic_names():
    canonical = parse_onex_topic("onex.evt.platform.node-registered.v1")
    assert canonical is not None
    assert (canonical.kind, canonical.producer, canonical.name, canonical.version, canonical.form, canonical.alias) == (
        *("evt", "platform", "node-registered", 1, "canonical", "platform.node-registered"),
    )
    prod = parse_onex_topic("prod.onex.cmd.billing.charge-card.v2")
    assert prod is not None
    assert (prod.environment, prod.form) == ("prod", "canonical")
    acme = parse_onex_topic("acme-7.onex.evt.platform.node-registered.v1")
    assert acme is not None
    assert (acme.namespace, acme.environment) == ("acme-7", None)
    double = parse_onex_topic("onex.evt.platform.node--registered.v1")
    assert double is not None
    assert double.form == "lenient"
    assert parse_onex_topic("onex.dev.user_events") is None
    assert is_dead_letter_topic("onex.dlq.omnibase-infra.intents.v1")
    assert is_dead_letter_topic("Team_A.dlq.events.v1")
    assert is_dead_letter_topic("orders-dlq")
    assert not is_dead_letter_topic("onex.dev.user_events")
