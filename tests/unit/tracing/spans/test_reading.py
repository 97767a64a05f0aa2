"""Files of spans: each format by its content, and what is said of files that are broken."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import struct

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from span_files import TRACE, attribute, jaeger, jaeger_span, otlp, otlp_span, protobuf_request, span_id

import workbench as wb
from workbench.errors import SpanFormatError, TableError
from workbench.tracing.spans import reading
from workbench.tracing.spans.reading import read_spans


def rows(found):
    return {int(row["span_id"], 16): row for row in found.spans.to_pylist()}


def test_jaeger_takes_the_first_reference_as_parent_and_the_others_as_links():
    tags = [{"key": "span.kind", "value": "consumer"}, {"key": "error", "value": True}]
    found = read_spans(
        jaeger(jaeger_span(1, 100, 50), jaeger_span(2, 110, 20, 1, ("FOLLOWS_FROM", 3), tags=tags)), "x.json"
    )
    assert found.format == "jaeger"
    first, second = rows(found)[1], rows(found)[2]
    assert (first["service"], first["name"], first["start_us"], first["end_us"]) == ("shop", "op1", 100, 150)
    assert first["parent_id"] is None
    assert second["parent_id"] == span_id(1)
    assert second["links"] == [{"trace_id": TRACE, "span_id": span_id(3)}]
    assert (second["kind"], second["failed"]) == ("consumer", True)


def test_jaeger_repeats_are_dropped_and_different_spans_of_one_id_are_a_finding(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(
        jaeger(jaeger_span(1, 100, 50), jaeger_span(1, 100, 50), jaeger_span(2, 1, 1, 1), jaeger_span(2, 2, 2, 1))
    )
    trace = wb.open_trace(path)
    assert len(trace) == 3
    assert trace.problems["problem"].to_list() == ["id_collision"]
    assert "1 repeated span dropped" in trace.provenance


def zipkin(*spans: object):
    return json.dumps(spans).encode()


def test_zipkin_v2_joins_the_two_halves_of_a_shared_id():
    client = {"traceId": "1", "id": "a", "kind": "CLIENT", "name": "get", "timestamp": 100, "duration": 50}
    server = {"traceId": "1", "id": "a", "kind": "SERVER", "shared": True, "timestamp": 110, "duration": 30}
    late = {"traceId": "1", "id": "a", "localEndpoint": {"serviceName": "api"}, "tags": {"error": "timeout"}}
    below = {"traceId": "1", "id": "b", "parentId": "a"}
    found = read_spans(
        zipkin(
            {**client, "localEndpoint": {"serviceName": "web"}},
            {**server, "localEndpoint": {"serviceName": "api"}},
            late,
            below,
        ),
        "z.json",
    )
    assert found.format == "zipkin v2"
    one, two = rows(found)[10], rows(found)[11]
    assert (one["service"], one["peer"], one["kind"], one["name"]) == ("web", "api", "client", "get")
    assert (one["start_us"], one["end_us"], one["server_start_us"], one["server_end_us"]) == (100, 150, 110, 140)
    assert one["failed"], "a fragment belongs to the half of its service"
    assert one["trace_id"] == "1".rjust(32, "0")
    assert (two["parent_id"], two["start_us"], two["end_us"]) == (span_id(10), None, None)


def test_a_fragment_without_a_service_belongs_to_whichever_half_there_is():
    span = {"traceId": "1", "id": "a", "kind": "SERVER", "timestamp": 110, "duration": 30}
    found = read_spans(zipkin(span, {"traceId": "1", "id": "a", "tags": {"error": "timeout"}}), "z.json")
    assert [(row["start_us"], row["failed"]) for row in found.spans.to_pylist()] == [(110, True)]


def test_a_server_half_alone_gives_start_and_end():
    server = {"traceId": "1", "id": "a", "kind": "SERVER", "shared": True, "timestamp": 110, "duration": 30}
    one = rows(read_spans(json.dumps([[server]]).encode(), "z.json"))[10]
    assert (one["kind"], one["start_us"], one["end_us"], one["server_start_us"]) == ("server", 110, 140, None)


def test_zipkin_v1_reads_the_core_annotations_of_both_sides():
    web, api = {"serviceName": "web"}, {"serviceName": "api"}
    notes = [("cs", 100, web), ("sr", 110, api), ("ss", 140, api), ("cr", 150, web)]
    span = {
        "traceId": "1",
        "id": "a",
        "name": "get",
        "annotations": [{"value": v, "timestamp": t, "endpoint": e} for v, t, e in notes],
        "binaryAnnotations": [{"key": "error", "value": "true", "endpoint": api}],
    }
    local = {"traceId": "1", "id": "b", "parentId": "a", "timestamp": 5, "duration": 2, "binaryAnnotations": []}
    found = read_spans(zipkin(span, local), "z.json")
    assert found.format == "zipkin v1"
    one, two = rows(found)[10], rows(found)[11]
    assert (one["start_us"], one["end_us"], one["server_start_us"], one["server_end_us"]) == (100, 150, 110, 140)
    assert (one["service"], one["peer"], one["failed"]) == ("web", "api", True)
    assert (two["start_us"], two["end_us"], two["kind"]) == (5, 7, None)


def test_otlp_json_reads_links_kinds_and_positions_with_ids_of_both_spellings():
    attributes = [
        attribute("messaging.destination.name", "orders"),
        attribute("messaging.destination.partition.id", "3"),
        attribute("messaging.kafka.offset", 41),
        attribute("messaging.operation.type", "process"),
    ]
    base64_trace = "XB+dDno7QkaMLR4PmouMbQ=="
    assert len(base64_trace) == 24
    link = {"traceId": base64_trace, "spanId": "AAAAAAAAAAc="}
    child = otlp_span(2, 5, 9, 1, kind=5, attributes=attributes, links=[link], status={"code": 2})
    found = read_spans(otlp(otlp_span(1, 1, 2, kind="SPAN_KIND_PRODUCER"), child), "o.json")
    assert found.format == "otlp json"
    one, two = rows(found)[1], rows(found)[2]
    assert (one["kind"], one["parent_id"], one["service"]) == ("producer", None, "shop")
    assert (two["kind"], two["topic"], two["partition"], two["offset"], two["operation"]) == (
        "consumer", "orders", 3, 41, "process",
    )  # fmt: skip
    assert two["links"][0]["span_id"] == span_id(7)
    assert two["links"][0]["trace_id"] != TRACE
    assert two["failed"]


def test_lines_of_otlp_json_are_read_up_to_where_a_writer_stopped():
    lines = otlp(otlp_span(1, 1, 2)) + b"\n" + otlp(otlp_span(2, 3, 4, 1)) + b"\n" + otlp(otlp_span(3, 5, 6))[:40]
    found = read_spans(lines, "traces.jsonl")
    assert sorted(rows(found)) == [1, 2]
    assert found.notes == ("1 line of traces.jsonl could not be read, the first at line 3.",)


@pytest.mark.parametrize("framed", [False, True])
def test_otlp_protobuf_whole_and_with_length_prefixes(framed):
    data = protobuf_request()
    found = read_spans(struct.pack(">I", len(data)) + data if framed else data, "traces.pb")
    assert found.format == "otlp protobuf"
    one, two = rows(found)[1], rows(found)[2]
    assert (one["name"], one["kind"], one["start_us"], one["end_us"], one["service"]) == (
        "send", "producer", 1000, 2000, "shop",
    )  # fmt: skip
    assert (two["parent_id"], two["topic"], two["partition"], two["offset"]) == (span_id(1), "orders", 3, 41)
    assert two["failed"]
    assert two["links"] == [{"trace_id": TRACE, "span_id": span_id(7)}]


CSV = b"trace,id,parent,start,end,operation\nt,a,,2026-01-01T00:00:00Z,2026-01-01T00:00:01Z,A\n"


def test_tables_as_csv_and_parquet():
    found = read_spans(CSV + b"t,b,a,2026-01-01T00:00:00.5,,B\nt,c\n", "x.csv")
    assert found.format == "table"
    assert found.spans.column("span_id").to_pylist() == ["a", "b"]
    assert found.notes == ("1 row of x.csv has another number of columns, left out.",)
    start = found.spans.column("start_us").to_pylist()
    assert start[1] - start[0] == 500_000
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"span_id": [b"\x00\x01"], "t": [1_700_000_000_000]}), file)
    one = read_spans(file.getvalue(), "x.parquet").spans.to_pylist()[0]
    assert (one["span_id"], one["start_us"]) == ("0001", 1_700_000_000_000_000)


def test_a_table_whose_lines_end_as_on_old_macs():
    found = read_spans(CSV.replace(b"\n", b"\r"), "x.csv")
    assert found.spans.column("span_id").to_pylist() == ["a"]


BROKEN = [
    (b"", "x.json", "is empty"),
    (b"   \n", "x.json", "is empty"),
    (jaeger(jaeger_span(1, 1, 1))[:-30], "x.json", "is cut off: its JSON ends in the middle"),
    (b'{"data": [}', "x.json", "is no valid JSON: .* line 1, column"),
    (b'{"a": 1}', "x.json", "JSON of no known shape"),
    (b"[1, 2]", "x.json", "JSON of no known shape"),
    (b"PAR1 and no more", "x.parquet", "begins like Parquet"),
    (protobuf_request()[:-5], "x.pb", "cannot be read: .* cut off"),
    (b"\x00\xff" * 20, "x.bin", "cannot be read|holds no span"),
    (b"a,b\n1,2\n", "x.csv", "No column is known to hold the ids"),
    (b"id,t\n\xff\xfe,1\n", "x.csv", "cannot be read as CSV"),
    (b"i" * 200_000 + b",t\n", "x.csv", "its first line is none, field larger"),
]


@pytest.mark.parametrize(("data", "name", "said"), BROKEN)
def test_a_broken_file_says_what_is_wrong_with_it(data, name, said):
    with pytest.raises((SpanFormatError, TableError), match=said) as raised:
        read_spans(data, name)
    assert name in str(raised.value)


@settings(max_examples=25, deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from(["x.json", "x.csv", "x.pb"]), st.sampled_from([b"", b"{", b"[", b"\n\x05"])
)
@example(b"\x80\n", "x.csv", b"")
@example(b"\x00\r\x00", "x.csv", b"")
def test_any_bytes_give_spans_or_a_reason(data, name, start):
    with contextlib.suppress(SpanFormatError, TableError):
        read_spans(start + data, name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3), max_leaves=6
)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["traceID", "spanID", "references", "tags", "startTime", "duration", "process"]), JSON
    )
)
def test_members_of_other_types_are_no_error(members):
    read_spans(json.dumps({"data": [{"spans": [members]}]}).encode(), "x.json")
    read_spans(json.dumps([{"traceId": "1", "id": "2", "annotations": [], **members}]).encode(), "x.json")
    otlp_span = {"spanId": "1", **members, "attributes": members.get("tags"), "links": members.get("references")}
    document = {"resourceSpans": [{"resource": members, "scopeSpans": [{"spans": [otlp_span]}]}]}
    read_spans(json.dumps(document).encode(), "x.json")


def test_a_large_json_document_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "JSON_LIMIT_BYTES", 10)
    with pytest.raises(SpanFormatError, match="Write it as lines"):
        read_spans(jaeger(jaeger_span(1, 1, 1)), "x.json")


def test_open_trace_reads_gzip_lists_and_frames_and_finds_parents_in_other_files(tmp_path):
    one, two = tmp_path / "one.json.gz", tmp_path / "two.json"
    one.write_bytes(gzip.compress(jaeger(jaeger_span(1, 100, 50))))
    two.write_bytes(jaeger(jaeger_span(2, 110, 20, 1)))
    assert wb.open_trace(two).unresolved["reason"].to_list() == ["missing"]
    both = wb.open_trace([one, two])
    assert len(both.unresolved) == 0
    assert both.edges[["cause", "effect"]].to_numpy().tolist() == [[span_id(1), span_id(2)]]
    frame = pd.DataFrame({"ID": ["a", "b"], "WHY": [None, "a"], "WHEN": pd.to_datetime([1, 2], unit="s", utc=True)})
    mapped = wb.open_trace(frame, columns={"span": "ID", "parent": "WHY", "start": "WHEN"})
    assert mapped.edges["hop_us"].to_list() == [1_000_000]
    assert wb.open_trace(pa.table({"id": ["a"]})).frame["kind"].to_list() == ["origin"]


def test_open_trace_says_what_cannot_be_opened(tmp_path):
    with pytest.raises(SpanFormatError, match="cannot be read: No such file"):
        wb.open_trace(tmp_path / "gone.json")
    path = tmp_path / "cut.json.gz"
    path.write_bytes(gzip.compress(jaeger(jaeger_span(1, 100, 50)))[:-9])
    with pytest.raises(SpanFormatError, match="its gzip cannot be unpacked"):
        wb.open_trace(path)
    with pytest.raises(TableError, match="is no table"):
        wb.open_trace(3)


def test_two_roots_and_negative_durations_stay_and_are_said(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(jaeger(jaeger_span(1, 100, -50), jaeger_span(2, 110, 20), jaeger_span(3, 115, 5, 2)))
    trace = wb.open_trace(path)
    assert len(trace.roots) == 2
    assert "1 span whose end is before its start" in trace.provenance


def test_no_file_at_all_is_refused():
    with pytest.raises(TableError, match="No file of spans was named"):
        wb.open_trace([])
