"""Edits are kept by position, joined, hashed and journaled, however many they are and in whatever order they came."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from replay_samples import ORDERS, draft, facts, row, table

from workbench.buffers import mapped
from workbench.errors import ConfigurationError
from workbench.replay import Draft, make_plan, plan_from_json
from workbench.replay.rewriting import rewritten
from workbench.replay.rewriting.kept_edits import NO_EDITS, Edits, edited_batch

BODY = [{"op": "replace", "path": "/n", "value": 1}]
HEADER = [{"op": "add", "path": "/@headers/h", "value": "1"}]


def positions(*offsets: int, partition: int = 0):
    count = len(offsets)
    columns = [np.full(count, 1, np.int32), np.full(count, partition, np.int32), np.array(offsets, np.int64)]
    return pa.RecordBatch.from_arrays([pa.array(one) for one in columns], ["source_id", "partition", "offset"])


def edits(*offsets: int, patch: Any = BODY, problem: str | None = None):
    count = len(offsets)
    return Edits.of([edited_batch(positions(*offsets), [patch] * count, [problem] * count)])


def test_each_record_finds_its_own():
    kept = edits(256, 1, 0)
    patches, problems = kept.found(positions(0, 1, 2, 255, 256))
    assert [patch is not None for patch in patches.to_pylist()] == [True, True, False, False, True]
    assert problems.null_count == 5
    assert kept.found(positions(0, 1, partition=1))[0].null_count == 2
    assert NO_EDITS.found(positions(0))[0].null_count == 1
    assert (len(kept), kept.any, len(NO_EDITS), NO_EDITS.any) == (3, True, 0, False)


def test_the_order_in_which_they_came_does_not_count():
    assert edits(2, 1, 0).digest() == edits(0, 1, 2).digest()
    assert edits(0, 1).digest() != edits(0, 2).digest()
    assert edits(0).digest() != edits(0, patch=HEADER).digest()
    assert edits(0, patch=()).digest() == NO_EDITS.digest()
    assert edits(0, patch=(), problem="no").digest() != NO_EDITS.digest()


def test_body_and_headers_are_joined_once_each():
    both = edits(0, 2).joined(edits(1, 2, patch=HEADER))
    found = [patch and json.loads(patch) for patch in both.found(positions(0, 1, 2))[0].to_pylist()]
    assert found == [BODY, HEADER, [*BODY, *HEADER]]
    failed = both.joined(edits(0, patch=(), problem="it has no header h"))
    assert failed.found(positions(0))[1].to_pylist() == ["it has no header h"]
    for more in (BODY, HEADER):
        with pytest.raises(ConfigurationError, match="1 record would be edited a second time, such as offset 2 of"):
            both.joined(edits(2, 3, patch=more))
    assert both.joined(NO_EDITS).digest() == NO_EDITS.joined(both).digest() == both.digest()


def test_what_a_person_edited_is_what_the_journal_makes_again():
    rows = [row(1, value=b'{"n":1}'), row(2, value=b'{"n":2}')]
    # The order of members, and text that UTF-8 cannot hold, are part of an edit.
    value = {"b": 1, "a": "\ud800"}
    edited = draft(*rows).edit(lambda body: {**body, "n": value} if body["n"] == 1 else body)
    plan = make_plan(edited, facts())
    stored = json.loads(json.dumps(plan.to_json(), sort_keys=True))
    assert plan_from_json(stored, draft(*rows)).hash == plan.hash
    with pytest.raises(UnicodeEncodeError):
        json.dumps(value, ensure_ascii=False).encode()
    plain = draft(*rows).edit(lambda body: {**body, "n": {"b": 1, "a": 2}})
    planned = make_plan(plain, facts())
    again = plan_from_json(json.loads(json.dumps(planned.to_json(), sort_keys=True)), draft(*rows))
    assert again.records.rows.values[0] == planned.records.rows.values[0] == b'{"n":{"b":1,"a":2}}'


def test_a_mapped_draft_is_rewritten_as_one_in_memory(monkeypatch):
    rows = [row(at, value=b'{"n":%d}' % at, headers=[(b"h", b"%d" % at)]) for at in range(40)]
    rows += [row(at, value=b'{"n":%d}' % at, source_id=2, topic="other") for at in range(40)]
    changes = {"set": {"from": "{topic}/{partition}@{offset}"}}

    def planned():
        sources = [ORDERS, replace(ORDERS, source_id=2, topic="other")]
        selected = Draft(table(*rows), sources=sources, headers="clean", clean_headers=["h"])
        return make_plan(selected.edit(lambda body: {"n": -body["n"]}).edit_headers(**changes), both)

    both = facts(targets={"orders": "copy", "other": "copy"})
    expected = planned()
    monkeypatch.setattr(mapped, "LEAST_TABLE", 100)
    monkeypatch.setattr(mapped, "LEAST_ARRAY", 10)
    monkeypatch.setattr(rewritten, "_STEP_ROWS", 7)
    found = planned()
    assert found.hash == expected.hash
    assert found.records.planned.equals(expected.records.planned)
    assert found.steps.equals(expected.steps)
