from __future__ import annotations

from workbench.widgets.sheet.ranges import ranges_block


def test_ranges_are_cut_counted_and_escaped() -> None:
    made = ranges_block("R", [("a\x1b", 0.0, 0.5, "0 to 4"), ("b", 0.5, 1.2, "5 to 9")])
    assert made.packed()["ranges"] == (("a\\x1b", 0.0, 0.5, "0 to 4"), ("b", 0.5, 1.0, "5 to 9"))
    assert "50%" in made.text()
    assert "a\\x1b: 0 to 4" in made.element().render()
    many = ranges_block("R", [("a", 0.0, 1.0, "")] * 103)
    assert len(many.ranges) == 100
    assert many.title == "R (first 100, 3 more)"
