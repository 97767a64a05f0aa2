"""What rows are found by: each id in the role that it has."""

from __future__ import annotations

import numpy as np
from decoded_events import cause, event_table

from workbench.store.ids.entries import entries_of, in_role, key_of, keys_of, of_role, rows_of
from workbench.store.ids.roles import IdRole


def found(table, first_row=0):
    entries = entries_of(table, first_row)
    return sorted(zip(keys_of(entries).tolist(), rows_of(entries).tolist(), strict=True))


def test_each_id_is_an_entry_in_its_role():
    causes = [
        cause("c1"),
        cause("c2", target="correlation_id", rank=1),
        cause("t/0/3", target="position"),
        {"target": None, "value": "c4", "via": None, "rank": 0},
        {"target": "event_id", "value": None, "via": None, "rank": 0},
    ]
    trace = {"trace_id": "t1", "span_id": "s", "parent_span_id": None, "sampled": True, "via": "traceparent"}
    rows = [
        {},
        {"event_id": "e", "correlation_id": "k", "link_ids": ["l1", "l2"], "causes": causes, "root_id": "r"},
        {"event_id": "e", "trace": trace},
    ]
    expected = [
        (IdRole.EVENT_ID, "e", 11),
        (IdRole.EVENT_ID, "e", 12),
        (IdRole.CORRELATION_ID, "k", 11),
        (IdRole.LINK_ID, "l1", 11),
        (IdRole.LINK_ID, "l2", 11),
        (IdRole.CAUSE_BY_ID, "c1", 11),
        (IdRole.CAUSE_BY_LINK, "c2", 11),
        (IdRole.OTHER_CAUSE, "t/0/3", 11),
        (IdRole.OTHER_CAUSE, "c4", 11),
        (IdRole.ROOT_ID, "r", 11),
        (IdRole.TRACE_ID, "t1", 12),
    ]
    assert found(event_table(rows), 10) == sorted((key_of(role, text), row) for role, text, row in expected)


def test_rows_of_several_chunks_are_counted_through():
    one, other = event_table([{"event_id": "a"}]), event_table([{"event_id": "b", "offset": 1}])
    joined = type(one).from_batches([*one.to_batches(), *other.to_batches()])
    assert found(joined) == sorted((key_of(IdRole.EVENT_ID, text), row) for row, text in enumerate("ab"))
    assert not len(entries_of(event_table([])))


def test_a_text_has_one_hash_in_all_roles():
    keys = np.array([key_of(IdRole.CAUSE_BY_ID, "x"), key_of(IdRole.ROOT_ID, "y")])
    assert in_role(of_role(keys, IdRole.CAUSE_BY_ID), IdRole.EVENT_ID).tolist() == [key_of(IdRole.EVENT_ID, "x")]
