"""The text tree of a trace."""

from __future__ import annotations

from traces import flow


def test_repr_is_a_tree_with_everything_that_matters():
    assert repr(flow()).splitlines() == [
        "causal graph: 6 events (7 records) · 4 edges · 2 fragments · depth 3",
        "roots 1 (origin 1) · orphan 2 · unresolved causes 2 (external 2) · shared causes outside the snapshot 1",
        "copies 1 (mirror 1)",
        "cluster-a, 3 topics · the whole snapshot: 6 of 6 events · clock: event time",
        "A a  t/0@0  1970-01-01 00:00:00.000010Z  [origin]",
        "└─ B b  t/0@1  +10 µs  [mirror copies/0@0]",
        "   ├─ C c  t/0@2  +10 µs",
        "   └─ D d  t/0@3  +20 µs  also caused by c",
        "E e  t/0@4  1970-01-01 00:00:00.000050Z  [orphan; external cause gone]",
        "E f  t/0@5  1970-01-01 00:00:00.000060Z  [orphan; external cause gone]",
    ]
