"""Ids of the compiled decoder against the exact functions."""

from __future__ import annotations

import json

from agreement import agreed, own
from hypothesis import given, settings
from hypothesis import strategies as st

HYPHENATED = "00000000-0000-4000-8000-0000000000a2"
PARENT = f"00-{'a' * 32}-{'1' * 16}-01"
spellings = st.sampled_from(
    [
        HYPHENATED, HYPHENATED.upper(), "{" + HYPHENATED + "}", "urn:uuid:" + HYPHENATED,
        "URN:UUID:" + HYPHENATED.upper(),
        HYPHENATED.replace("-", ""), "Ä" * 18, "null", "nul", "00000000-0000-0000-0000-000000000000", "0" * 16, "root",
        "-", "<nil>", PARENT, PARENT.upper(), f"{PARENT}-more", f"{PARENT}-a\nb", PARENT[:-1], f"x{PARENT}", "1" * 16,
    ],
)  # fmt: skip
READS = own(event_id="value:id", correlation_id=["value:c", "value:id"], cause="value:c -> auto", link_id="value:c")

HEADERS = own(event_id="header:h", correlation_id="header?:H", cause="header:h -> span")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(spellings | st.text(max_size=40), spellings | st.binary(max_size=40)), max_size=20))
def test_ids_equal_those_of_the_exact_functions(pairs):
    bodies = [((), json.dumps({"id": one, "c": str(other)}).encode("utf-8", "replace")) for one, other in pairs]
    agreed(bodies, READS)
    headers = [(((b"h", other if isinstance(other, bytes) else other.encode()),), None) for _, other in pairs]
    agreed(headers, HEADERS)


def test_a_byte_that_is_no_digit_is_seen_at_every_place():
    others = "/:@GF`gf-\x00é"
    ids = [HYPHENATED[:at] + other + HYPHENATED[at + 1 :] for at in range(36) for other in others]
    agreed([((), json.dumps({"id": one, "c": one.upper()}).encode()) for one in ids], READS)
    parents = [PARENT[:at] + other + PARENT[at + 1 :] for at in range(len(PARENT)) for other in others]
    agreed([(((b"traceparent", one.encode()),), None) for one in parents])


def test_ids_that_stand_for_nothing_are_found_by_their_whole_text():
    texts = ["null", "nul", "00000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-000000000000", "nöl", "-"]
    rows = agreed([((), json.dumps({"id": text}).encode()) for text in texts], own(event_id="value:id"))
    assert [row["event_id"] is None for row in rows] == [True, False, True, False, False, True]


def test_several_correlations_are_those_behind_the_chosen_one():
    flows = [[PARENT, "a"], [PARENT, "a", "b"], ["a", PARENT], ["a", "a"], ["a", "b"], [PARENT, "a", "a"]]
    bodies = [
        {"meta": {"id": "e", "type": "Eiffel"}, "links": [{"type": "FLOW_CONTEXT", "target": one} for one in flow]}
        for flow in flows
    ]
    rows = agreed([((), json.dumps(body).encode()) for body in bodies])
    assert [row["correlation_id"] for row in rows] == ["a"] * 6
    assert ["several_correlations" in row["problems"] for row in rows] == [False, True, True, False, True, False]
