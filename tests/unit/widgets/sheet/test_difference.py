from __future__ import annotations

from workbench.widgets.sheet.difference import difference_block


def test_a_difference_is_cut_counted_and_escaped() -> None:
    made = difference_block("D", ["-a\x1b", "+<b>"], "note")
    assert made.packed()["lines"] == ("-a\\x1b", "+<b>")
    assert made.text() == "D\n  -a\\x1b\n  +<b>\nnote"
    assert "&lt;b&gt;" in made.element().render()
    many = difference_block("D", ["+"] * 405)
    assert (len(many.lines), many.note) == (400, "5 more lines.")
    assert "pre" not in difference_block("D", []).element().render()
