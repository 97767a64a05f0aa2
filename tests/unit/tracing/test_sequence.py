"""Sequence diagram: the vector of section 13, folding without a limit, hostile names."""

from __future__ import annotations

from decoded_events import event_table
from order_flow import rows_of, scenario, trace_of_lists
from traces import trace_of

from workbench.tracing.sequence import sequence_diagram

HANDLERS = [
    (None, "shop", ("a1",)), ("a1", "stock", ("a3",)), ("a1", "pay", ("a2",)), ("a2", "bill", ("a5",)),
    ("a2", "ship", ("a4",)),
]  # fmt: skip
ARROWS = [
    ("a1", "shop", "stock", "message"), ("a1", "shop", "pay", "message"), ("a2", "pay", "bill", "message"),
    ("a5", "bill", None, "unhandled"), ("a3", "stock", "ship", "join"), ("a2", "pay", "ship", "message"),
    ("a4", "ship", None, "unhandled"),
]  # fmt: skip
MERMAID = """sequenceDiagram
  participant L0 as shop
  participant L1 as stock
  participant L2 as pay
  participant L3 as bill
  participant L4 as ship
  L0->>L1: OP (+80 #181;s)
  L0->>L2: OP (+120 #181;s)
  L2->>L3: PA (+80 #181;s)
  Note over L3: IS, no reaction seen
  L1-->>L4: SR (+220 #181;s, join)
  L2->>L4: PA (+180 #181;s)
  Note over L4: SC, no reaction seen
"""


def test_the_vector_of_section_13():
    found = scenario("k1").sequence()
    assert found.lanes == ("shop", "stock", "pay", "bill", "ship")
    assert [(one.event, one.lane, one.emits) for one in found.handlers] == HANDLERS
    assert [(one.event, one.sender, one.receiver, one.kind) for one in found.arrows] == ARROWS
    assert found.mermaid() == MERMAID.replace("#181;", "µ")
    assert "stock → ship: SR (+220 µs, join)" in repr(found)
    assert found.frame["delay_us"].to_list()[:3] == [80, 120, 80]


def test_nothing_is_cut_and_repeated_subtrees_are_folded_and_counted():
    rows = [["a", 0, [], "k", "A", "x"]]
    for n in range(150):
        rows += [[f"b{n}", n + 1, ["a"], "k", "B", "y"], [f"c{n}", 1000 + n, [f"b{n}"], "k", "C", "z"]]
    trace = trace_of_lists(rows)
    found = trace.sequence()
    assert len(sequence_diagram(trace.data, fold_above=1000).arrows) == 301
    assert [(one.event_type, one.times) for one in found.arrows] == [("A", 1), ("B", 150), ("C", 150)]
    assert found.folded == 298
    assert "x 150" in found.mermaid()
    assert "298 events in repeated subtrees folded" in repr(found)


def test_named_receivers_own_lanes_and_hostile_names():
    rows = rows_of(
        [["a", 1, [], "k", "A;<b>", 'x"#'], ["b", 5, ["a"], "k", "B", 'x"#'], ["c", 6, ["b"], "k", "C", None]]
    )
    rows[1]["destination"] = "mail"
    found = trace_of(event_table(rows)).sequence()
    assert found.lanes == ('x"#', "mail", "(no source)")
    assert [(one.event, one.kind) for one in found.arrows] == [
        ("a", "self"), ("b", "message"), ("b", "message"), ("c", "unhandled"),
    ]  # fmt: skip
    text = found.mermaid()
    assert "A#59;#60;b#62;" in text
    assert 'x"' not in text
    assert repr(trace_of(event_table([])).sequence()) == "sequence: 0 lanes, 0 arrows"


def test_equal_flows_beside_each_other_are_folded_too():
    flows = [row for n in range(150) for row in (
        {"event_id": f"a{n}", "t": 9 * n, "event_type": "A", "source": "one"},
        {"event_id": f"b{n}", "t": 9 * n + 1, "event_type": "B", "source": "two", "causes": [f"a{n}"]},
    )]  # fmt: skip
    found = trace_of(event_table([*flows, {"event_id": "c", "t": 1, "event_type": "C"}])).sequence()
    assert [(arrow.event_type, arrow.times) for arrow in found.arrows] == [("A", 150), ("B", 150), ("C", 1)]
    assert found.folded == 298
