"""Paths are compiled to a table of nodes, in which places where the same is done are one."""

from __future__ import annotations

import numpy as np

from workbench.config.masking import MaskingRule
from workbench.masking.program import COPY, KEEP, compiled


def program(**facts):
    return compiled([MaskingRule(topics=("*",), action="replace", **facts)])


def node_of(made, path):
    node = made.root
    for name in path.split("."):
        known = [one.decode() for one in made.names]
        node = made.table[node, known.index(name) if name in known else -1]
    return int(node)


def test_a_path_ends_at_one_node_and_leads_nowhere_else():
    made = program(paths=("a.b",))
    assert made.leaf[node_of(made, "a.b")] == made.inner[node_of(made, "a.b")] == 0
    assert made.leaf[node_of(made, "a")] == KEEP
    elsewhere = node_of(made, "x")
    assert elsewhere == node_of(made, "a.x") == node_of(made, "b.a")
    assert made.copies[elsewhere]
    assert made.copies[COPY]
    assert not made.copies[made.root]


def test_what_is_allowed_is_copied_and_the_way_to_it_is_gone():
    made = program(allow=("a.b",))
    assert made.copies[node_of(made, "a.b")]
    assert made.copies[node_of(made, "a.b.x")]
    assert (made.leaf[node_of(made, "a")], made.inner[node_of(made, "a")]) == (0, KEEP)
    assert made.inner[node_of(made, "x")] == 0


def test_the_wrapper_of_kafka_connect():
    made = program(paths=("a",))
    names = [one.decode() for one in made.names]
    assert made.table[made.wrapped, names.index("schema")] == COPY
    inside = made.table[made.wrapped, names.index("payload")]
    assert made.leaf[made.table[inside, names.index("a")]] == 0
    removed = program(allow=("a",))
    node = removed.table[removed.wrapped, [one.decode() for one in removed.names].index("schema")]
    assert removed.leaf[node] == 1
    assert np.all(removed.table >= 0)
    assert np.all(removed.table < len(removed.leaf))
