"""Headers are set, removed, renamed or made by a function; each edit is kept as operations of a patch."""

from __future__ import annotations

import json

import pytest
from replay_samples import draft, facts, row

from workbench.errors import ConfigurationError
from workbench.replay import make_plan, plan_from_json

HEADERS = [(b"a", b"1"), (b"x-old", b"\xff"), (b"a", None), (b"b", b"")]
ROWS = [row(10, headers=HEADERS), row(11, headers=[(b"c", b"3")])]


def sent(plan, seq=0):
    return [(name.decode(), content) for name, content in plan.records.rows.headers(seq)]


def edited(function=None, **changes):
    return make_plan(draft(*ROWS).edit_headers(function, **changes), facts())


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"set": {"a": "9"}}, [("a", b"9"), ("x-old", b"\xff"), ("b", b"")]),
        ({"set": {"new": "{topic}/{partition}@{offset} {{{key}}}"}}, [*HEADERS, (b"new", b"orders/0@10 {k}")]),
        ({"set": {"n": None, "raw": b"\xfe"}}, [*HEADERS, (b"n", None), (b"raw", b"\xfe")]),
        ({"remove": ["x-*", "b"]}, [("a", b"1"), ("a", None)]),
        ({"rename": {"a": "z", "gone": "y"}}, [("z", b"1"), ("x-old", b"\xff"), ("z", None), ("b", b"")]),
        ({"rename": {"b": "a"}}, [("x-old", b"\xff"), ("a", b"")]),
        (
            {"remove": ["x-*"], "rename": {"b": "d"}, "set": {"d": "is {old}!"}},
            [("a", b"1"), ("a", None), ("d", b"is !")],
        ),
    ],
)
def test_headers_are_removed_then_renamed_then_set(changes, first):
    wanted = [(name.decode() if isinstance(name, bytes) else name, content) for name, content in first]
    plan = edited(**changes)
    rows = [0] if plan.refusals else [0, 1]
    assert sent(plan) == wanted
    assert plan.records.rows.values[0] == ROWS[0]["value"]
    stored = json.loads(json.dumps(plan.to_json()))
    again = plan_from_json(stored, draft(*ROWS))
    assert again.hash == plan.hash
    assert [sent(again, seq) for seq in rows] == [sent(plan, seq) for seq in rows]


def test_what_does_not_change_is_no_edit():
    plan = edited(set={"c": "3"}, remove=["nothing-*"])
    assert plan.steps["rewritten"].to_pylist() == ["edit", None]
    assert plan.estimates.records == 2


def test_the_difference_is_shown():
    before = draft(*ROWS).edit_headers(set={"a": "9"}, remove=["c"])
    (first, second) = before.changes
    assert "-header a: 1" in first.diff.splitlines()
    assert "+header a: 9" in first.diff.splitlines()
    assert "-header c: 3" in second.diff.splitlines()
    text = repr(make_plan(before, facts()))
    assert "-header a: 1" in text
    assert "2 edits" in text


def test_a_function_gets_and_returns_pairs():
    plan = edited(lambda headers: [*reversed(headers), ("new", "text")])
    assert sent(plan) == [("b", b""), ("a", None), ("x-old", b"\xff"), ("a", b"1"), ("new", b"text")]
    again = plan_from_json(json.loads(json.dumps(plan.to_json())), draft(*ROWS))
    assert again.records.digests.tobytes() == plan.records.digests.tobytes()


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda _: 1 / 0, "the edit of its headers failed: ZeroDivisionError"),
        (lambda _: None, "returned NoneType, and not pairs of name and content"),
        (lambda _: "a: 1", "returned str, and not pairs of name and content"),
        (lambda _: [("a", 1)], "returned ('a', 1): a header is a pair of a name and of bytes, a text or None"),
        (lambda _: [("a",)], "returned ('a',): a header is a pair"),
        (lambda _: [5], "returned 5: a header is a pair"),
        (lambda _: [("x-replay-id", "mine")], "written by the run itself"),
    ],
)
def test_a_function_that_fails_refuses_its_records(function, reason):
    plan = edited(function)
    assert [refusal.rule for refusal in plan.refusals] == ["G-27"]
    assert reason in str(plan.refusals[0])
    assert [name for name, _ in sent(plan)] == ["a", "x-old", "a", "b"]


async def later(headers):
    return headers


def test_a_coroutine_function_is_no_edit():
    with pytest.raises(ConfigurationError, match="coroutine function"):
        edited(later)


def test_a_field_that_a_record_lacks_refuses_it():
    columns = {"event_id": ["e1", None]}
    plan = make_plan(draft(*ROWS, columns=columns).edit_headers(set={"id": "{event_id}"}), facts())
    assert sent(plan)[-1] == ("id", b"e1")
    assert "it has no event_id that could stand in the header id" in str(plan.refusals[0])
    old = edited(set={"x-old": "{old}"})
    assert "it has no old that could stand in the header x-old" in str(old.refusals[0])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"set": {"x-replay-id": "mine"}},
        {"rename": {"a": "x-replay-of"}},
        {"set": {"": "empty"}},
        {"set": {"a": 1}},
        {"set": {"a": "{offsets}"}},
        {"set": {"a": "{}"}},
    ],
)
def test_what_cannot_be_set_is_said_at_once(changes):
    with pytest.raises(ConfigurationError):
        draft(*ROWS).edit_headers(**changes)


def test_body_and_headers_are_edited_once_each():
    rows = [row(1, value=b'{"n":1}', headers=[(b"a", b"1")])]
    body = [{"op": "replace", "path": "/n", "value": 2}]
    both = draft(*rows).edit(body).edit_headers(set={"a": "2"})
    plan = make_plan(both, facts())
    assert (plan.records.rows.values[0], sent(plan)) == (b'{"n":2}', [("a", b"2")])
    with pytest.raises(ConfigurationError, match="1 record would be edited a second time"):
        both.edit_headers(remove=["a"])
    with pytest.raises(ConfigurationError, match="1 record would be edited a second time"):
        both.edit(body)


def test_ids_in_headers_are_locked_and_trusted_fields_are_told():
    ce = [(f"ce_{name}".encode(), text) for name, text in
          (("specversion", b"1.0"), ("id", b"e1"), ("source", b"/shop"), ("type", b"placed"))]  # fmt: skip
    rows = [row(1, value=b"{}", headers=ce)]
    locked = make_plan(draft(*rows).edit_headers(set={"ce_id": "e2", "ce_type": "paid"}), facts())
    assert [refusal.rule for refusal in locked.refusals] == ["G-24"]
    assert "event_id, event_type" in str(locked.refusals[0])
    renamed = make_plan(draft(*rows).edit_headers(rename={"ce_id": "id"}), facts())
    assert [refusal.rule for refusal in renamed.refusals] == ["G-24"]
    sensitive = make_plan(draft(*rows).edit_headers(set={"ce_source": "/test"}), facts())
    assert sensitive.refusals == ()
    assert any("source" in text for text in sensitive.warnings)


def test_a_name_that_is_no_utf8_is_mended_by_a_function():
    rows = [row(1, headers=[(b"\xff", b"1")])]
    assert [refusal.rule for refusal in make_plan(draft(*rows), facts()).refusals] == ["G-17"]
    plan = make_plan(draft(*rows).edit_headers(lambda headers: [("a", headers[0][1])]), facts())
    assert (plan.refusals, sent(plan)) == ((), [("a", b"1")])
