from __future__ import annotations

from workbench.text import text_table


def test_a_text_table_is_aligned() -> None:
    assert text_table(["topic", "n"], [["orders", 12], ["a\nb", 3]], numeric=[1]) == (
        "topic    n\n------  --\norders  12\na\\nb     3"
    )
