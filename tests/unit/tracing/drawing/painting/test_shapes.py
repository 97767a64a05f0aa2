from __future__ import annotations

import re

from workbench.tracing.drawing.painting.shapes import apart, arrow_head, edge_path, fitted, hop_place, outline, readable

SHAPES = ("round", "pill", "cut", "diamond", "plain", "stack", "ellipse")


def test_routes_become_curves_or_rounded_bends_with_a_head() -> None:
    assert edge_path([(0, 0), (100, 50)]) == "M0,0C50,0 50,50 100,50"
    assert edge_path([(100, 0), (0, 0)]) == "M100,0C50,0 50,0 0,0"
    assert (
        edge_path([(0, 0), (60, -50), (90, -50), (150, 20)]) == "M0,0C30,0 30,-50 60,-50L90,-50C120,-50 120,20 150,20"
    )
    assert edge_path([(0, 0), (4, 8), (8, 8), (8, 9), (9, 9)]) == "M0,0Q4,8 6,8Q8,8 8,8.5Q8,9 9,9"
    assert arrow_head([(0, 0), (60, -50), (90, -50), (100, 50)]) == arrow_head([(0, 0), (100, 50)])
    assert arrow_head([(0, 0), (100, 50)]).startswith("M100,50L92.7,")
    assert arrow_head([(0, 50), (50, 0), (100, 50)]).startswith("M100,50L97.")
    assert edge_path([]) == arrow_head([(1, 1)]) == ""


def test_every_shape_is_closed_and_different() -> None:
    drawn = [outline(shape, 150, 30) for shape in SHAPES]
    assert len(set(drawn)) == len(SHAPES)
    assert all(re.fullmatch(r"(M[-\d.,HVAL ]+Z)+", path) for path in drawn)
    assert outline("unheard of", 150, 30) == outline("round", 150, 30)


def test_of_a_long_name_the_end_is_kept_and_its_count() -> None:
    assert fitted("short", 100, 10) == "short"
    assert fitted("onex.dev.workflow_events", 100, 10, " (3)") == "…vents (3)"
    assert fitted("shippingservice-7b598fc7d-lmggd", 200, 10) == "shippi…598fc7d-lmggd"
    assert len(fitted("onex.prod.deeply.nested.team.payments_settled", 196, 7.2, " (12)")) == 27
    assert fitted("x" * 9, 1, 10) == "…x"


def test_of_a_text_that_was_cut_already_the_beginning_is_kept() -> None:
    assert fitted("https://example/very/long… (2,200 characters)", 100, 10) == "https://e…"
    assert fitted("orders… (78 characters)", 100, 10, " (1)") == "order… (1)"
    assert fitted("short… (9 characters)", 1_000, 10) == "short… (9 characters)"


def test_labels_of_an_axis_do_not_run_into_each_other() -> None:
    assert readable([(0, "x" * 20), (60, "+1"), (140, "+2"), (150, "+3")], 6) == [True, False, True, False]
    assert readable([], 6) == []


def test_times_of_hops_that_meet_do_not_lie_on_each_other() -> None:
    for route in ([(0, 0), (100, 20)], [(0, 0), (50, 10), (100, 20)]):
        for start in (False, True):
            assert hop_place(route, shared_start=start, shared_end=False) == (92, 34, "end")
        assert hop_place(route, shared_start=False, shared_end=True) == (8, -5, "start")
        assert hop_place(route, shared_start=True, shared_end=True) == (50, 5, "middle")
    assert hop_place([(0, 20), (100, 0)], shared_start=False, shared_end=False) == (92, -5, "end"), (
        "it comes from below"
    )
    assert hop_place([(0, 20), (100, 0)], shared_start=False, shared_end=True) == (8, 34, "start")
    through = [(0, 0), (40, -50), (60, -50), (100, 20)]
    assert hop_place(through, shared_start=True, shared_end=True) == (50, -55, "middle"), "on the line"


def test_labels_of_lines_that_cross_are_moved_apart_but_not_onto_boxes() -> None:
    assert apart([(50, 20, "1 · 35 ms"), (52, 22, "1 · 225 ms"), (300, 20, "far")], []) == [20, 35, 20]
    assert apart([(50, 20, "1 · 35 ms"), (52, 22, "1 · 225 ms")], [(50, 36, 90, 20)]) == [20, 9]
    crowd = apart([(50, 20, "1 · 35 ms")] * 9, [])
    assert len(set(crowd)) == 7
    assert crowd[-1] == 20
