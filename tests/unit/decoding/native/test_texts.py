"""UUIDs and W3C trace parents of columns, against patterns."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.native.texts import odd_ids, trace_parents, uuids

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-fA-F]{32}")


PARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


hexes = st.text("0123456789abcdefABCDEFg-", min_size=32, max_size=36)


damaged = st.from_regex(r"\A0[01]-[0-9a-fA]{32}-[0-9a-f]{16}-[0-9a-f]{2}-?\Z") | st.from_regex(
    r"\A00-0{31}[01]-0{15}[01]-0[0-9a-f]\Z",
)


@settings(deadline=None)
@given(st.lists(st.uuids().map(str) | st.uuids().map(lambda u: u.hex) | hexes | st.text(max_size=40), max_size=20))
def test_uuids_are_those_of_the_pattern(texts):
    column = pa.array(texts, pa.string())
    assert uuids(column).tolist() == [UUID.fullmatch(text) is not None for text in texts]
    assert odd_ids(column) == any(re.search(r"[A-Z{:]", text) is not None for text in texts)


@settings(deadline=None)
@given(st.lists(damaged | st.text(max_size=60), max_size=20))
def test_trace_parents_are_those_of_the_pattern(texts):
    valid, sampled, trace_ids, span_ids = trace_parents(pa.array(texts, pa.string()))
    for at, text in enumerate(texts):
        good = PARENT.fullmatch(text) is not None
        assert valid[at] == good
        assert sampled[at] == (good and bool(int(text[-1], 16) & 1))
        assert trace_ids[at].as_py() == (text[3:35] if good else None)
        assert span_ids[at].as_py() == (text[36:52] if good else None)
