"""A description says what topics hold, and proposes conventions that then work."""

from __future__ import annotations

import json
import tomllib
import uuid

import pyarrow as pa
import pytest
from snapshot_rows import T_MS, Filler, raw_records

from workbench.decoding import Decoder, load_conventions
from workbench.errors import UnknownTopicError, ValidationError
from workbench.exploration import describe
from workbench.exploration.fields import read_fields
from workbench.exploration.sampling import opened, read_sample
from workbench.model.records.columns import RECORD


def table(values, *, start_ms=T_MS, headers=(), key=None):
    """Records whose values are given as bytes, or as objects to write as JSON."""
    rows = [
        {
            "partition": 0,
            "offset": number,
            "timestamp_ms": start_ms + number * 1_000,
            "timestamp_type": 0,
            "key": key(number) if key else None,
            "value": value if isinstance(value, bytes | None) else json.dumps(value).encode(),
            "headers": [{"name": name, "value": text} for name, text in headers],
        }
        for number, value in enumerate(values)
    ]
    return pa.Table.from_pylist(rows, schema=RECORD)


def order(n):
    return {"orderId": f"ORD-{n:05d}", "status": "new", "total": n * 1.5, "customer": {"id": 7, "name": "Ada"},
            "items": [{"sku": "a"}], "createdAt": "2026-11-23T10:00:00Z"}  # fmt: skip


def payment(n):
    return {"paymentId": f"PAY-{n:05d}", "orderId": f"ORD-{n:05d}", "amount": n * 1.5}


def shipment(n):
    return {"id": str(uuid.UUID(int=n)).upper(), "order": {"ref": f"ORD-{n:05d}"}, "payment": f"PAY-{n:05d}"}


@pytest.fixture
def shop(store, fill):
    fill(table(map(order, range(60))), topic="shop.orders")
    fill(table(map(payment, range(50)), start_ms=T_MS + 500), topic="shop.payments", capture_id="c2")
    fill(table(map(shipment, range(40)), start_ms=T_MS + 900), topic="shop.shipments", capture_id="c3")
    return store


def test_fields_have_types_null_shares_and_examples(shop):
    frame = describe(shop, "shop.orders").frame.set_index("field")
    assert frame["type"].to_dict() == {
        "value:orderId": "text", "value:status": "text", "value:total": "number", "value:customer.id": "integer",
        "value:customer.name": "text", "value:items": "array", "value:createdAt": "time",
    }  # fmt: skip
    assert frame.loc["value:orderId", "distinct"] == 60
    assert frame.loc["value:status", "examples"] == ["new"]
    assert frame["null_share"].eq(0).all()


def test_ids_that_join_are_proposed(shop):
    proposals = describe(shop).proposals
    chosen = {(row.topic, row.field): row.selector for row in proposals.itertuples()}
    assert chosen == {
        ("shop.orders", "event_id"): "value:orderId",
        ("shop.orders", "correlation_id"): "value:orderId",
        ("shop.orders", "event_type"): "value:status",
        ("shop.orders", "event_time"): "value:createdAt",
        ("shop.payments", "event_id"): "value:paymentId",
        ("shop.payments", "cause"): "value:orderId",
        ("shop.payments", "correlation_id"): "value:orderId",
        ("shop.shipments", "event_id"): "value:id",
        ("shop.shipments", "cause"): "value:payment",
        ("shop.shipments", "correlation_id"): "value:order.ref",
    }
    cause = proposals[(proposals["topic"] == "shop.payments") & (proposals["field"] == "cause")].iloc[0]
    assert (cause["matched"], cause["gains"]) == (1.0, 50)
    assert cause["joins"] == ("shop.orders value:orderId",)


def test_what_is_pasted_is_read_and_gives_the_trace(shop):
    described = describe(shop)
    pasted = tomllib.loads(described.toml)["conventions"]
    assert pasted == described.conventions
    decoder = Decoder(load_conventions(pasted))
    events = decoder.decode(table([payment(3)]).combine_chunks().to_batches()[0], "shop.payments").to_pylist()[0]
    assert events["event_id"] == "PAY-00003"
    assert events["correlation_id"] == "ORD-00003"
    assert [cause["value"] for cause in events["causes"]] == ["ORD-00003"]
    assert events["convention"] == "shop_payments"


def test_topics_that_are_understood_get_no_proposal(store, fill):
    fill(raw_records(0, 40))
    described = describe(store)
    assert described.conventions == {}
    assert described.toml == ""
    assert described.topics.iloc[0]["conventions"] == {"contract": 40}
    assert "value:metadata.correlation_id" in set(described.frame["field"])


HOSTILE = [
    b"\xff\xfe",
    b'{"a": 1',
    b"[" * 30_000 + b"]" * 30_000,
    b'{"deep": ' + b'{"x":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    b'{"a": NaN}',
    b'{"orderId": "ORD-1", "orderId": "ORD-2"}',
    b'{"q\\"uote": 1, "p.q": 2, "": 3, "br[0]": 4, "a | uuid": 5, "\\u202e": 6, "nul\\u0000": 7}',
    b'{"big": 123456789012345678901234567890}',
    json.dumps({f"k{n}": n for n in range(3_000)}).encode(),
    b'{"large": "' + b"x" * 70_000 + b'"}',
    b"<script>alert(1)</script>",
    None,
]


def test_hostile_values_do_not_hide_the_others(store, fill):
    fill(table([*HOSTILE, *map(order, range(60))]), topic="shop.orders")
    described = describe(store)
    frame = described.frame.set_index("field")
    assert frame.loc["value:status", "present"] == 60
    assert frame.loc['value:"p.q"', "present"] == 1
    assert described.topics.iloc[0]["too_large"] == 2
    assert described.conventions["shop_orders"]["event_id"] == "value:orderId"
    assert "\u202e" not in repr(described)
    assert "<script>" not in described._repr_html_()


def test_a_prefix_a_mark_and_the_wrapper_of_connect_are_read_as_conventions_read_them(store, fill):
    text = json.dumps(order(1)).encode()
    wrapped = json.dumps({"schema": None, "payload": order(2)}).encode()
    fill(table([b"\x00\x00\x00\x00\x07" + text, b"\xef\xbb\xbf" + text, wrapped]), topic="shop.orders")
    frame = describe(store).frame.set_index("field")
    assert frame.loc["value:orderId", "present"] == 3
    assert "value:payload" not in frame.index


class TestSiblings:
    """Other ways in which topics say the same."""

    def test_headers_hold_ids_too(self, store, decoder):
        fill = Filler(store, decoder)
        for topic, at in (("a", 0), ("b", 400)):
            rows = table([{"n": n} for n in range(40)], start_ms=T_MS + at).to_pylist()
            for n, row in enumerate(rows):
                row["headers"] = [{"name": b"X-Flow", "value": b"flow-%06d" % (n // 4)}]
            fill(pa.Table.from_pylist(rows, schema=RECORD), topic=topic, capture_id=topic)
        proposals = describe(store).proposals
        assert set(proposals["selector"]) == {"header:X-Flow"}
        assert set(proposals["field"]) == {"correlation_id"}

    def test_a_parent_in_the_same_topic_is_a_cause(self, store, fill):
        spans = [{"span_id": f"{n:016x}", "parent": f"{n // 2:016x}" if n else None} for n in range(1, 60)]
        fill(table([{"span_id": f"{0:016x}", "parent": None}, *spans]), topic="work")
        chosen = {row.field: row.selector for row in describe(store).proposals.itertuples()}
        assert chosen["event_id"] == "value:span_id"
        assert chosen["cause"] == "value:parent"

    def test_a_correlation_id_that_is_the_id_of_its_first_event_is_no_cause(self, store, fill):
        events = [{"id": f"EV-{n:06d}", "flow": f"EV-{n // 5 * 5:06d}"} for n in range(60)]
        fill(table(events), topic="work")
        fill(
            table([{"flow": f"EV-{n * 5:06d}", "ok": True} for n in range(12) for _ in range(2)]),
            topic="more",
            capture_id="c2",
        )
        chosen = {(row.topic, row.field): row.selector for row in describe(store).proposals.itertuples()}
        assert chosen["work", "correlation_id"] == "value:flow"
        assert ("work", "cause") not in chosen

    def test_one_topic_of_spans_has_trace_ids(self, store, fill):
        spans = [
            {"TraceID": f"{n // 6:032x}", "SpanID": f"{n + 9:016x}", "ParentID": f"{n + 8:016x}" if n % 6 else "root"}
            for n in range(120)
        ]
        fill(table(spans), topic="my-spans")
        described = describe(store)
        chosen = {row.field: row.selector for row in described.proposals.itertuples()}
        assert chosen == {
            "event_id": "value:SpanID", "cause": "value:ParentID", "correlation_id": "value:TraceID"
        }  # fmt: skip
        cause = described.proposals[described.proposals["field"] == "cause"].iloc[0]
        assert cause["gains"] == 100
        assert described.conventions["my_spans"]["all"][0] == "topic:(my-spans)"
        decoder = Decoder(load_conventions(described.conventions))
        events = decoder.decode(table(spans[:3]).combine_chunks().to_batches()[0], "my-spans").to_pylist()
        assert [one["convention"] for one in events] == ["my_spans"] * 3
        assert [[cause["value"] for cause in one["causes"]] for one in events] == [[], [f"{9:016x}"], [f"{10:016x}"]]

    def test_a_few_small_numbers_among_large_ones_are_ids_still(self, store, fill):
        revisions = [{"rev_id": 1_000_000 + n if n else 17, "n": n} for n in range(60)]
        fill(table(revisions), topic="created")
        scores = [{"score": n * 0.5, "revision": one["rev_id"]} for n, one in enumerate(revisions) for _ in range(2)]
        fill(table(scores, start_ms=T_MS + 60_000), topic="scored", capture_id="c2")
        chosen = {(row.topic, row.field): row.selector for row in describe(store).proposals.itertuples()}
        assert chosen["created", "event_id"] == "value:rev_id"
        assert chosen["scored", "cause"] == "value:revision"

    def test_enumerations_times_and_small_numbers_are_no_ids(self, store, fill):
        values = [
            {"region": f"region-{n % 3}", "at": 1_795_428_000_000 + n, "serial": n, "amount": 100_000.5 + n}
            for n in range(60)
        ]
        fill(table(values), topic="a")
        fill(table(values, start_ms=T_MS + 5), topic="b", capture_id="c2")
        described = describe(store)
        assert set(described.proposals["field"]) <= {"event_time"}
        assert described.conventions == {}

    def test_ids_that_are_read_too_late_are_no_cause(self, store, fill):
        fill(table(map(order, range(60)), start_ms=T_MS + 10_000_000), topic="shop.orders")
        fill(table(map(payment, range(50))), topic="shop.payments", capture_id="c2")
        proposals = describe(store).proposals
        assert not ((proposals["topic"] == "shop.payments") & (proposals["field"] == "cause")).any()


def test_few_records_get_fields_and_a_reason_for_no_proposal(store, fill):
    fill(table(map(order, range(5))), topic="shop.orders")
    described = describe(store)
    assert len(described.frame) == 7
    assert "ids are proposed for topics of 20 records and more" in repr(described)


def test_a_sample_is_the_newest_records_and_is_said(shop):
    described = describe(shop, ["shop.orders"], sample=25)
    assert described.frame.attrs["sampled"] == {"shop.orders": 25}
    assert described.topics.iloc[0][["records", "sample"]].tolist() == [60, 25]
    assert "as many as the column sample says" in repr(described)
    assert "ORD-00059" in read_sample(shop, "shop.orders", most=1).bodies["text"][0].as_py()


def test_fields_of_one_sample_can_be_read_alone(shop):
    sample = read_sample(shop, "shop.payments", most=10)
    with opened(sample) as cursor:
        found = read_fields(cursor, "shop.payments", sample.records)
    assert {one.selector: one.present for one in found} == {
        "value:amount": 10, "value:orderId": 10, "value:paymentId": 10
    }  # fmt: skip


@pytest.mark.parametrize("wanted", ["shop.order", ["shop.orders", "nothing*"], "~x+"])
def test_a_topic_that_is_not_there_is_an_error(shop, wanted):
    with pytest.raises(UnknownTopicError):
        describe(shop, wanted)


@pytest.mark.parametrize("sample", [0, -1, True, "many"])
def test_a_sample_is_a_number_of_records(shop, sample):
    with pytest.raises(ValidationError, match="sample="):
        describe(shop, sample=sample)


def test_an_empty_snapshot_has_an_empty_description(store):
    described = describe(store)
    assert len(described.frame) == len(described.topics) == len(described.proposals) == 0
    assert repr(described) == "shop.duckdb: 0 topics, 0 records: nothing captured yet"
    assert "nothing captured yet" in described._repr_html_()
    assert described.rows() == []


def test_rows_name_their_kind(shop):
    assert {row["kind"] for row in describe(shop, "shop.*").rows()} == {"topic", "field", "proposal"}
