"""Operations of a JSON patch below /@headers change headers, in place and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replay_samples import draft, facts, row

from workbench.errors import ConfigurationError
from workbench.replay import make_plan
from workbench.replay.rewriting.header_patches import header_path, patch_between_headers, patched_headers
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.patches import check_patch

HEADERS = ((b"a", b"1"), (b"b/c~d", b"\xff"), (b"a", None), (b"e", b"5"))
B = "/@headers/b~1c~0d"


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        ({"op": "add", "path": "/@headers/new", "value": "x"}, (*HEADERS, (b"new", b"x"))),
        ({"op": "add", "path": B, "value": None}, ((b"a", b"1"), (b"b/c~d", None), (b"a", None), (b"e", b"5"))),
        ({"op": "replace", "path": "/@headers/a", "value": "x"}, ((b"a", b"x"), HEADERS[1], HEADERS[3])),
        (
            {"op": "replace", "path": "/@headers/a", "value": ["x", {"base64": "/w=="}, "z"]},
            ((b"a", b"x"), HEADERS[1], (b"a", b"\xff"), (b"a", b"z"), HEADERS[3]),
        ),
        ({"op": "remove", "path": "/@headers/a"}, (HEADERS[1], HEADERS[3])),
        ({"op": "move", "from": B, "path": "/@headers/a"}, ((b"a", b"\xff"), HEADERS[3])),
        ({"op": "move", "from": B, "path": B}, HEADERS),
        ({"op": "copy", "from": "/@headers/a", "path": "/@headers/z"}, (*HEADERS, (b"z", b"1"), (b"z", None))),
        ({"op": "test", "path": "/@headers/a", "value": ["1", None]}, HEADERS),
        ({"op": "test", "path": "/@headers/e", "value": "5"}, HEADERS),
        ({"op": "remove", "path": "/@headers"}, ()),
        ({"op": "replace", "path": "/@headers", "value": [["q", None]]}, ((b"q", None),)),
    ],
)
def test_operations(operation, after):
    assert patched_headers(HEADERS, check_patch([operation])) == after


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"op": "remove", "path": "/@headers/gone"}, "it has no header gone"),
        ({"op": "replace", "path": "/@headers/gone", "value": "x"}, "it has no header gone"),
        ({"op": "move", "from": "/@headers/gone", "path": "/@headers/a"}, "it has no header gone"),
        ({"op": "test", "path": "/@headers/e", "value": "6"}, "its header e is not what the patch tests for"),
        ({"op": "test", "path": "/@headers", "value": []}, "its headers are not what the patch tests for"),
    ],
)
def test_what_does_not_apply_refuses_the_record(operation, reason):
    with pytest.raises(NotRewritable, match=reason):
        patched_headers(HEADERS, check_patch([operation]))
    plan = make_plan(draft(row(1, headers=HEADERS)).edit([operation]), facts())
    assert [refusal.rule for refusal in plan.refusals] == ["G-27"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/@headers/a", "value": 1},
        {"op": "add", "path": "/@headers/a", "value": {"base64": "?"}},
        {"op": "add", "path": "/@headers/a/0", "value": "x"},
        {"op": "add", "path": "/@headers/", "value": "x"},
        {"op": "add", "path": "/@headers", "value": {"a": "1"}},
        {"op": "add", "path": "/@headers/x-replay-id", "value": "x"},
        {"op": "move", "from": "/a", "path": "/@headers/a"},
        {"op": "copy", "from": "/@headers/a", "path": "/a"},
        {"op": "copy", "from": "/@headers", "path": "/@headers/a"},
    ],
)
def test_operations_that_cannot_be_are_errors(operation):
    with pytest.raises(ConfigurationError):
        check_patch([operation])


def test_a_patch_changes_body_and_headers_alike():
    patch = [
        {"op": "replace", "path": "/n", "value": 2},
        {"op": "add", "path": "/@headers/h", "value": "x"},
    ]
    plan = make_plan(draft(row(1, value=b'{"n": 1}')).edit(patch), facts())
    assert plan.records.rows.values[0] == b'{"n":2}'
    assert plan.records.rows.headers(0) == ((b"h", b"x"),)
    untouched = make_plan(draft(row(1, value=b'{"n": 1}')).edit(patch[1:]), facts())
    assert untouched.records.rows.values[0] == b'{"n": 1}', "a body that is not edited keeps its bytes"
    null = make_plan(draft(row(1, value=None)).edit(patch[1:]), facts())
    assert (null.refusals, null.records.rows.values[0]) == ((), None)


def test_a_member_of_a_body_is_not_taken_for_headers():
    plan = make_plan(draft(row(1, value=b'{"@headers":{"a":1}}')).edit(lambda _: {"@headers": {"a": 2}}), facts())
    assert "its body has a member @headers" in str(plan.refusals[0])


PAIRS = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"\xff", b""]), st.none() | st.binary(max_size=3))).map(tuple)


@given(PAIRS, PAIRS)
def test_one_operation_makes_one_list_of_another(before, after):
    assert patched_headers(before, patch_between_headers(before, after)) == after


@given(PAIRS, st.text(min_size=1, max_size=4))
def test_a_header_that_is_set_is_there_once_and_no_other_moves(before, name):
    done = patched_headers(before, [{"op": "add", "path": header_path(name), "value": "v"}])
    assert [content for known, content in done if known == name.encode()] == [b"v"]
    assert [pair for pair in done if pair[0] != name.encode()] == [p for p in before if p[0] != name.encode()]
