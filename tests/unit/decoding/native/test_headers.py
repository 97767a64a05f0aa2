"""What the compiled decoder reads in headers: names, types by Spring, AMQP, trace contexts, marks of copies."""

from __future__ import annotations

import json

from agreement import agreed, own
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.conventions.trace_context import TRACE_HEADERS

READS = own(
    event_id="header:id",
    correlation_id="header?:Correlation-Id",
    event_type="header:type",
    cause="header:cause",
    request_id="header:née",
    pick="first",
)
TRACES = own(correlation_id="trace:id", request_id="trace:span + trace:parent")
names = st.sampled_from(
    [
        b"id",
        b"ID",
        b"correlation-id",
        b"CORRELATION-ID",
        b"type",
        b"cause",
        "née".encode(),
        b"\xff",
        b"",
        b"other",
        b"x" * 300,
    ]
)
amqp = st.sampled_from(
    [
        b"\xa1\x03abc", b"\xa1\x04abc", b"\xb1\x00\x00\x00\x02\xc3\xa9", b"\xa1\x01\xff", b"\xa0\x02ab",
        b"\xa0\x0e" + b"a" * 14,        b"\x98" + bytes(range(16)), b"\x80" + b"\xff" * 8, b"\x81" + b"\xff" * 8,
        b"\x83\x00\x00\x00\x00\x00\x00\x01\x00", b"\xa1\x00",
    ]
)  # fmt: skip
contents = (
    st.none()
    | st.binary(max_size=6)
    | amqp
    | st.sampled_from([b"", b'"a"', b"null", b"12", b"{}", b'"\\u00e9"', b'""', b"id"])
)
types = st.dictionaries(
    st.sampled_from(["id", "ID", "type", "cause", "correlation-id"]), st.sampled_from(["java.lang.String", "x.Y", None])
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.lists(st.tuples(names, contents), max_size=6), st.none() | types), min_size=1, max_size=6))
def test_headers_are_read_like_one_by_one(rows):
    written = [
        ((*headers, *([(b"spring_json_header_types", json.dumps(kinds).encode())] if kinds is not None else [])), None)
        for headers, kinds in rows
    ]
    agreed(written, READS)


hexes = st.text("0123456789abcdefABCDEF", max_size=32) | st.sampled_from(
    ["a" * 32, "1" * 16, "0" * 16, "0" * 32, "5f" * 8]
)
trace_texts = (
    st.builds(
        lambda *parts: "-".join(parts),
        st.sampled_from(["00", "01", "ff", "0"]),
        hexes,
        hexes,
        st.sampled_from(["01", "00", "f", "1-x"]),
    )
    | st.builds(lambda *parts: "-".join(parts), hexes, hexes)
    | st.builds(lambda *parts: "-".join(parts), hexes, hexes, st.sampled_from("01dx"))
    | st.builds(lambda *parts: "-".join(parts), hexes, hexes, st.sampled_from("01d"), hexes)
    | st.builds(
        lambda mark, *parts: mark.join(parts),
        st.sampled_from([":", "%3A", "%3a"]),
        hexes,
        hexes,
        hexes,
        st.sampled_from(["1", "0f", "x", ""]),
    )
    | hexes
    | st.sampled_from(
        ["1", "0", "d", "true", "FALSE", " 1 ", "", f"00-{'a' * 32}-{'1' * 16}-01", f"\t00-{'a' * 32}-{'2' * 16}-00 "]
    )
)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(TRACE_HEADERS), trace_texts, st.booleans()), max_size=4),
        min_size=1,
        max_size=6,
    )
)
def test_trace_contexts_are_read_like_one_by_one(rows):
    written = [
        (
            tuple(
                ((name.title() if other_case else name).encode(), text.encode()) for name, text, other_case in headers
            ),
            None,
        )
        for headers in rows
    ]
    agreed(written, TRACES)


def test_headers_of_one_record_leave_nothing_to_the_next():
    rows = [(((b"id", b"1"), (b"\xff", b"x")), None), ((), None), (((b"ID", b"2"),), None), (((b"id", None),), b"{}")]
    found = agreed(rows, READS)
    assert [row["event_id"] for row in found] == ["1", None, None, None]
    assert [row["problems"] for row in found] == [["header_name_not_utf8"], [], [], ["null_header:id"]]


def test_more_sets_of_names_than_are_remembered_are_told_apart():
    # Each record has other names than its neighbours, and each set comes again after all others.
    rows = [
        (
            (
                (b"type", b"first"),
                *([(b"id", b"%d" % at)] if at % 3 else []),
                (b"other-%d" % (at % 300), b""),
                *([(b"type", b"second")] if at % 2 else []),
                *([(b"cause", None)] if at % 5 == 0 else []),
            ),
            None,
        )
        for at in range(900)
    ]
    found = agreed(rows, READS)
    assert [row["event_id"] for row in found] == [str(at) if at % 3 else None for at in range(900)]
    assert "duplicate_header:type" in found[1]["problems"]
    assert "duplicate_header:type" not in found[2]["problems"]


def test_a_record_with_many_headers_of_known_names_is_read_each_time():
    many = ((b"id", b"1"), *[(b"correlation-id", b"%d" % at) for at in range(100)])
    rows = agreed([(many, None), (((b"id", b"2"),), None)] * 3, READS)
    assert [row["event_id"] for row in rows] == ["1", "2"] * 3
