"""Event-type map: the vector of section 9, external causes, young causes, drift."""

from __future__ import annotations

import numpy as np
import pytest
from decoded_events import event_table
from order_flow import S, rows_of, scenario, trace_of_lists
from traces import flow, trace_of

VECTOR = {
    ("OP", "PA"): (3, 0.75, 0.75, 3, 120, 147, 149.4),
    ("OP", "PF"): (1, 0.25, 0.25, 1, 400, 400, 400),
    ("OP", "SR"): (4, 1, 1, 4, 90, 268.5, 293.7),
    ("PA", "IS"): (3, 1, 1, 3, 80, 80, 80),
    ("PA", "SC"): (2, 0.6667, 0.6667, 1, 385, 569.5, 585.9),
    ("PF", "OC"): (1, 1, 1, 1, 100, 100, 100),
    ("SR", "SC"): (2, 0.5, 0.5, 1, 310, 391, 398.2),
}


def test_the_vector_of_section_9():
    frame = scenario().type_map().frame
    columns = ["n", "share", "fan_out", "binding", "p50_us", "p95_us", "p99_us"]
    found = dict(
        zip(zip(frame["cause"], frame["effect"], strict=True), frame[columns].to_numpy().tolist(), strict=True)
    )
    assert found.keys() == VECTOR.keys()
    for edge, expected in VECTOR.items():
        assert found[edge] == pytest.approx(expected, abs=5e-5), edge


def test_an_edge_says_when_its_effects_were_seen_and_types_how_often():
    found = scenario().type_map()
    paid = found.frame.set_index(["cause", "effect"]).loc[("OP", "PA")]
    assert [moment.value // 1000 for moment in (paid["first"], paid["last"])] == [120, 3150]
    assert found.types[["name", "n"]].to_numpy().tolist() == [
        ["OP", 4], ["SR", 4], ["PA", 3], ["IS", 3], ["SC", 2], ["PF", 1], ["OC", 1],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("by", "edges"),
    [
        ("source", [["pay", "bill", 3], ["pay", "ship", 2], ["pay", "shop", 1], ["shop", "pay", 4],
                    ["shop", "stock", 4], ["stock", "ship", 2]]),
        ("topic", [["t", "t", 16]]),
    ],
)  # fmt: skip
def test_nodes_may_be_sources_or_topics(by, edges):
    found = scenario().type_map(by)
    assert found.frame[["cause", "effect", "n"]].to_numpy().tolist() == edges
    assert repr(found).startswith(f"map by {by}: {len(found.types)} {by}")


def test_causes_too_young_for_their_effects_do_not_lower_the_share():
    frame = scenario().type_map().frame.set_index(["cause", "effect"])
    assert frame.loc[("PA", "SC"), "share_mature"] == 1, "d2 is younger than the slowest shipment took"
    assert "PA → SC  2       1" in repr(scenario().type_map())
    assert repr(scenario().type_map()).splitlines()[-1] == (
        "  share and fan-out leave out causes so young that an effect may still come"
    )


def test_in_a_selection_nothing_is_too_young():
    flow = scenario().select(correlation_id="k4").type_map().frame.set_index(["cause", "effect"])
    assert flow["share_mature"].to_list() == flow["share"].to_list() == [1, 1, 1]
    alone = scenario("k4").type_map().frame.set_index(["cause", "effect"])
    assert alone.loc[("PA", "IS"), "share_mature"] == 1


def test_external_causes_failures_and_events_without_a_type():
    found = flow().type_map()
    assert found.frame[found.frame["cause"] == "(external)"][["effect", "n", "share"]].to_numpy().tolist() == [
        ["E", 2, 1]
    ]
    rows = rows_of([["a", 1, []], ["b", 2, ["a"]]])
    rows[1] |= {"error": {"type": "Boom", "message": "no", "stage": None, "attempts": None}}
    untyped = trace_of(event_table(rows)).type_map()
    assert untyped.frame[["n", "failed", "negative"]].to_numpy().tolist() == [[1, 1, 0]]
    assert "(no type) → (no type)" in repr(untyped)
    by_source = scenario("k1").type_map("source")
    assert by_source.types["name"].to_list() == ["shop", "stock", "pay", "bill", "ship"]


def test_hops_after_clock_correction_stand_beside_the_raw_ones():
    trace = trace_of_lists([["a", 100, [], "k", "A", "x"], ["b", 80, ["a"], "k", "B", "y"]])
    frame = trace.type_map(corrected=True).frame
    assert frame[["p50_us", "negative", "p50_corrected_us", "negative_corrected"]].to_numpy().tolist() == [
        [-20, 1, 0, 0]
    ]


def test_an_empty_map():
    empty = trace_of(event_table([])).type_map()
    assert (len(empty.frame), len(empty.types)) == (0, 0)
    assert repr(empty).splitlines() == [
        "map by event_type: 0 types, 0 edges",
        "  no event has a known cause; directly_follows() shows what follows what in time",
    ]


def many(count, hop, answered):
    rows = []
    for number in range(count):
        rows.append([f"a{number}", number * 10_000, [], f"k{number}", "A", ""])
        if number < answered:
            rows.append([f"b{number}", number * 10_000 + hop, [f"a{number}"], f"k{number}", "B", ""])
    return trace_of_lists(rows).type_map()


def test_drift_says_what_is_new_gone_rarer_and_slower():
    drift = many(100, 100, 95).drift(many(100, 200, 60))
    assert drift.frame["change"].to_list() == ["share", "p50", "p95"]
    share = drift.frame.iloc[0]
    pooled = (0.95 + 0.6) / 2
    assert share["z"] == pytest.approx((0.95 - 0.6) / np.sqrt(pooled * (1 - pooled) * 2 / 100))
    assert "p50   A → B: 100 µs → 200 µs (n 95 → 60)" in repr(drift)
    assert len(many(100, 100, 95).drift(many(100, 100, 95)).frame) == 0
    assert scenario("k1").type_map().drift(scenario("k2").type_map()).frame["change"].value_counts().to_dict() == {
        "gone": 4, "new": 2,
    }  # fmt: skip
    assert len(S) == 18
