"""The page of the decode rates has a line for each variant, in order; the figures belong to a machine."""

from __future__ import annotations

from project_docs import DOCS
from variants import VARIANTS


def test_the_table_has_every_variant_and_its_published_rate(project_script):
    writer = project_script("write_rates")
    table = (
        (DOCS / "decode-rates.md").read_text(encoding="utf-8").partition(writer.MARK)[2].partition("<!-- end -->")[0]
    )
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.strip().splitlines()]
    assert rows[0] == list(writer.TITLES)
    measured = [row for row in rows[2:] if row[0] != "mix"]
    assert [row[:2] for row in measured] == [writer.head(variant) for variant in VARIANTS]
    assert [row[3] for row in measured] == [f"{variant.published:,}" for variant in VARIANTS]
    assert len(rows[2:]) == len(measured) + writer.MIXES
