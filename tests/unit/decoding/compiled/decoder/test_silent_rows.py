"""Rows without headers and known members: what was decided about the last one stands, whatever comes around them."""

from __future__ import annotations

from agreement import agreed, own
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding import TopicConvention

TRACE = ((b"traceparent", b"00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01"),)
CAUSED = b'{"event_id":"e","event_type":"t","payload":{},"metadata":{"correlation_id":"c","causation_id":"d"}}'
ROWS = st.sampled_from(
    [
        ((), None),
        ((), b""),
        ((), b"plain text"),
        ((), b"\x00\x01\xff"),
        ((), b'{"cut": off'),
        ((), b'{"id":"i","n":"\xff"}'),
        ((), b"[1"),
        ((), b"{}"),
        ((), b"[]"),
        ((), b'[{"event_id":"inside"}]'),
        ((), b'{"nobody":{"event_id":"inside"},"reads":[1]}'),
        ((), b'{"payload":null,"schema":null}'),
        ((), b'{"schema":1,"payload":{"nobody":1}}'),
        ((), b'{"id":null}'),
        ((), b"7"),
        ((), b'"text"'),
        ((), b"null"),
        ((), CAUSED),
        (TRACE, None),
        (TRACE, CAUSED),
        (((b"h", None),), None),
        (((b"\xff", b"1"),), b"text"),
        (((b"__connect.errors.topic", b"orders"), (b"__connect.errors.offset", b"7")), None),
    ]
)
MANY = st.lists(ROWS, min_size=1, max_size=12)


@settings(deadline=None, max_examples=150)
@given(MANY)
def test_silent_rows_among_others_are_decoded_as_alone(rows):
    agreed(rows)


EACH = own(event_id="const:yes", event_type="topic:(.*)")


@settings(deadline=None, max_examples=20)
@given(MANY)
def test_a_convention_that_every_row_follows_leaves_none_silent(rows):
    assert {row["convention"] for row in agreed(rows, EACH)} == {"own"}


@settings(deadline=None, max_examples=30)
@given(MANY)
def test_a_topic_whose_convention_is_fixed_leaves_none_silent(rows):
    agreed(rows, fixed=TopicConvention("contract", force=True))
