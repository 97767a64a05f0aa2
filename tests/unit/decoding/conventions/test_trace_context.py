"""Trace contexts in each format that rides on records."""

from __future__ import annotations

import pytest

from workbench.decoding import decode_record
from workbench.model import Record, TimestampType
from workbench.model.events.envelope import TraceContext

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
