"""Edits are JSON patches of single records, whatever they were made from."""

from __future__ import annotations

import asyncio
import json
import threading

import pyarrow as pa
import pytest
from replay_samples import draft, facts, row

from workbench.errors import ConfigurationError, ValidationError
from workbench.replay import make_plan
from workbench.replay.rewriting.edits import checked_fix, edited, operations_of
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.record_reader import RecordReader
from workbench.tasks import in_thread

ROWS = [row(at, value=b'{"n": %d, "name": "\xc3\xa4"}' % at) for at in range(3)]
TWICE = [{"op": "replace", "path": "/n", "value": 7}]


def values(plan):
    return [plan.records.rows.values[seq] for seq in range(len(plan.records))]


def double(body):
    return body | {"n": body["n"] * 2}


def doubled(table):
    return [json.dumps(double(json.loads(value))) for value in table["value"].to_pylist()]


@pytest.mark.parametrize(
    "edited",
    [
        draft(*ROWS).edit(double),
        draft(*ROWS).edit(doubled, columns=True),
        draft(*ROWS).edit(lambda table: pa.table({"value": doubled(table)}), columns=True),
        draft(*ROWS).edit({f"orders/0@{at}": [{"op": "replace", "path": "/n", "value": at * 2}] for at in (1, 2)}),
    ],
    ids=["function", "columns", "table", "patches"],
)
def test_functions_columns_and_patches_are_the_same_edit(edited):
    plan = make_plan(edited, facts())
    assert values(plan) == [ROWS[0]["value"], '{"n":2,"name":"ä"}'.encode(), '{"n":4,"name":"ä"}'.encode()]
    assert edited.edits.table["offset"].to_pylist() == [1, 2], "a body that stays the same is not edited"
    assert [change.position for change in edited.changes] == ["orders/0@1", "orders/0@2"]
    assert '-  "n": 1,' in edited.changes[0].diff
    assert plan.steps["rewritten"].to_pylist() == [None, "edit", "edit"]
    assert '+  "n": 2,' in repr(plan)
    assert plan.hash == make_plan(draft(*ROWS).edit(double), facts()).hash
    assert plan.hash != make_plan(draft(*ROWS), facts()).hash
    untouched = make_plan(draft(*ROWS), facts()).document["selection_sha256"]
    assert plan.document["selection_sha256"] == untouched, "the selection is that of the source records"


def test_a_patch_for_all_records():
    assert all(b'"n":7' in value for value in values(make_plan(draft(*ROWS).edit(TWICE), facts())))


def effect(fix, value):
    reader = RecordReader("t")
    return edited(reader, value, (), operations_of(reader, checked_fix(fix), value, ()))


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        (b'{"n": 1}', True, b'{"n":true}'),
        (b'{"n": false}', 0, b'{"n":0}'),
        (b'{"n": 2}', 2.0, b'{"n":2.0}'),
        (b'{"n": [1, {"m": 0}]}', [True, {"m": False}], b'{"n":[true,{"m":false}]}'),
    ],
)
def test_what_python_takes_for_equal_is_an_edit_all_the_same(before, new, after):
    records = [row(1, value=before)]
    patch = [{"op": "replace", "path": "/n", "value": new}]
    for fix in (patch, lambda body: body | {"n": new}):
        assert effect(fix, before) == (after, ())
        plan = make_plan(draft(*records).edit(fix), facts())
        assert (values(plan), plan.steps["rewritten"].to_pylist()) == ([after], ["edit"])


@pytest.mark.parametrize(("before", "after"), [(b"1", b"true"), (b"true", b"1"), (b"1", b"1.0")])
def test_a_body_that_is_one_value_changes_its_type(before, after):
    plan = make_plan(draft(row(1, value=before)).edit(lambda _: json.loads(after)), facts())
    assert values(plan) == [after]


def test_a_record_is_edited_once():
    with pytest.raises(ConfigurationError, match="3 records would be edited a second time"):
        draft(*ROWS).edit(TWICE).edit(TWICE)
    with pytest.raises(ValidationError, match=r"orders/0@9 is not selected"):
        draft(*ROWS).edit({"orders/0@9": TWICE})
    with pytest.raises(ValidationError, match="1 value for 3 records"):
        draft(*ROWS).edit(lambda _: [b"{}"], columns=True)


@pytest.mark.parametrize(("made", "found"), [(7, "int"), ("text", "str"), (b"{}", "bytes"), (None, "NoneType")])
def test_a_function_of_columns_that_returns_no_column(made, found):
    with pytest.raises(
        ValidationError, match=f"returned {found}; with columns=True it returns a value for each record"
    ):
        draft(*ROWS).edit(lambda _: made, columns=True)
    with pytest.raises(ValidationError, match="a table without a column value"):
        draft(*ROWS).edit(lambda _: pa.table({"other": [1]}), columns=True)


def test_a_value_of_another_type_refuses_its_record():
    plan = make_plan(draft(*ROWS).edit(lambda _: [b"{}", 7, {"a": 1}], columns=True), facts())
    assert [(one.rule, one.seqs.tolist()) for one in plan.refusals] == [("G-27", [1, 2])]
    assert "returned int for it, and a value is bytes, a text or None" in str(plan.refusals[0])


async def test_a_slow_function_ends_when_its_caller_is_cancelled():
    begun, never, called = threading.Event(), threading.Event(), []

    def slow(body):
        called.append(body)
        begun.set()
        never.wait(0.01)
        return body

    many = [row(at, value=b'{"n": %d}' % at) for at in range(1_000)]
    task = asyncio.ensure_future(in_thread(lambda: draft(*many).edit(slow)))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(called) < len(many)


@pytest.mark.parametrize("patch", [[{"op": "jump", "path": "/n"}], [{"op": "add", "path": "n", "value": 1}], "x", [1]])
def test_what_is_no_patch_is_said(patch):
    with pytest.raises(ConfigurationError, match="JSON patch"):
        draft(*ROWS).edit(patch)


async def later(body):
    return body


def test_a_fix_that_has_to_be_awaited_is_said():
    with pytest.raises(ConfigurationError, match="coroutine function"):
        draft(*ROWS).edit(later)


def fail(_body):
    raise KeyError("price")


@pytest.mark.parametrize(
    ("fix", "reason"),
    [
        (fail, "the fix failed: KeyError: 'price'"),
        (lambda _: None, "the fix left it out"),
        (lambda body: body.clear(), "the fix changed the body and returned None; it must return the body"),
        (lambda body: body | {"n": float("nan")}, "it cannot be written as JSON"),
        (lambda body: body | {"n": object()}, "it cannot be written as JSON"),
        ([{"op": "test", "path": "/n", "value": 99}], "is not equal to tested value 99"),
        ([{"op": "remove", "path": "/gone"}], "the patch does not apply"),
    ],
)
def test_an_edit_that_fails_refuses_its_record(fix, reason):
    plan = make_plan(draft(*ROWS).edit(fix), facts())
    assert [refusal.rule for refusal in plan.refusals] == ["G-27"]
    assert reason in str(plan.refusals[0])
    assert values(plan) == [one["value"] for one in ROWS]
    skipped = make_plan(draft(*ROWS, skip_refused=True).edit(fix), facts())
    assert skipped.left_out.seqs.tolist() == [0, 1, 2]
    with pytest.raises(NotRewritable, match=r"."):
        effect(fix, ROWS[1]["value"])
