from __future__ import annotations

from workbench.widgets.sheet.blocks import lines_block, table_block


def test_long_lists_and_tables_are_cut_and_counted() -> None:
    assert lines_block("L", [str(n) for n in range(205)]).items[-1] == "… 5 more"
    cut = table_block("T", ["n"], [(str(n),) for n in range(1_000)])
    assert len(cut.rows) == 200
    assert cut.packed()["title"] == "T (first 200, 800 more)"
