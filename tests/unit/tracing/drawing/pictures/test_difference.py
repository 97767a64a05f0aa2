"""Diff as a picture: signs, both numbers, both hops, pages."""

from __future__ import annotations

from decoded_events import event_table
from order_flow import scenario, trace_of_lists
from traces import trace_of

from workbench.tracing.drawing.pictures.difference import SIGNS, WORDS


def test_each_place_has_its_sign_and_both_numbers() -> None:
    found = scenario("k1").diff(scenario("k2"))
    picture = found.views().view()
    assert len(picture.rows) == len(found.frame)
    by_status = found.frame["status"].value_counts()
    signs = [
        part.text for node in picture.nodes for part in node.parts if part.text in SIGNS.values() and part.x < -100
    ]
    assert len(signs) == len(found.frame)
    for status, count in by_status.items():
        assert signs.count(SIGNS[str(status)]) == count
        assert f"{count} {WORDS[str(status)]}" in picture.facts
    assert picture.rows[0].depth == 0
    assert found.views().find("pf").tolist() == found.frame.index[found.frame["key"].str.contains("PF")].to_list()


def test_what_is_the_same_is_left_out_of_a_large_one_and_counted() -> None:
    rows = [[f"e{n}", n, [f"e{n - 1}"] if n else [], "k", f"T{n}", "s"] for n in range(1_000)]
    a, b = (
        trace_of_lists(rows),
        trace_of_lists([*rows[:500], *[[*row[:4], f"U{n}", "s"] for n, row in enumerate(rows[500:])]]),
    )
    picture = a.diff(b).views().view()
    assert len(picture.nodes) <= 401
    more = picture.nodes[-1]
    assert more.kind == "group"
    assert len(a.diff(b).views().view(opened=[more.key]).nodes) > len(picture.nodes)


def test_two_empty_sides_are_a_picture_too() -> None:
    empty = trace_of(event_table([]))
    assert "0 of 0" in empty.diff(empty).svg() or "0 places" in empty.diff(empty).svg()


def test_a_viewer_gets_the_views() -> None:
    seen = []
    trace = scenario("k1")
    trace._viewer = lambda views, **options: seen.append((views.view().layout, options["name"]))
    trace.diff(scenario("k2")).show()
    trace.type_map().show(name="map")
    assert seen == [("diff", "Difference"), ("map", "map")]
