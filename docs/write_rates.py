"""Measures the decoder on every variant of records and writes the table of its page (``make rates``)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from variants import VARIANTS, mixes, rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from variants import Variant

PAGE = Path(__file__).parent / "decode-rates.md"
SMALL_CALL = 400
MIXES = 6
MARK = "<!-- rates: written by docs/write_rates.py -->"
TITLES = ("group", "variant", "bytes/row", "published", "large calls", "4,000", "of the contract", "400")


def cells(variant: Variant, contract: rates.Rate) -> list[str]:
    """Measure one variant."""
    usual, small = rates.measured(variant), rates.measured(variant, SMALL_CALL)
    large = rates.measured(variant, rates.call_rows_published(variant))
    share = f"{contract.row_s / usual.row_s:.2f}"
    speeds = [f"{one.rows_a_second:,.0f}" for one in (large, usual, small)]
    return [*head(variant), f"{usual.row_bytes:.0f}", f"{variant.published:,}", *speeds[:2], share, speeds[2]]


def head(variant: Variant) -> list[str]:
    """Return the cells that name a variant."""
    return [variant.group, variant.name.replace("\\", "\\\\").replace("__", "\\_\\_")]


def mixed(contract: rates.Rate) -> Iterable[list[str]]:
    """Measure topics of many variants, which were not published."""
    for label, batch in mixes(MIXES):
        row_s = rates.row_seconds(rates.decoder(), batch, rates.MIXED_TOPIC)
        share = f"{contract.row_s / row_s:.2f}"
        yield ["mix", label, f"{batch.nbytes / batch.num_rows:.0f}", "", "", f"{1 / row_s:,.0f}", share, ""]


def lines() -> Iterable[Sequence[str]]:
    """Measure all variants."""
    yield TITLES
    yield ["---"] * len(TITLES)
    contract = rates.contract()
    yield from (cells(variant, contract) for variant in VARIANTS)
    yield from mixed(contract)


if __name__ == "__main__":
    made = []
    for line in lines():
        made.append(f"| {' | '.join(line)} |\n")
        print(made[-1], end="", flush=True)  # noqa: T201 - it takes minutes: show how far it is
    pattern = re.compile(f"{re.escape(MARK)}\n.*?<!-- end -->", re.DOTALL)
    text = f"{MARK}\n{''.join(made)}<!-- end -->"
    PAGE.write_text(pattern.sub(lambda _: text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
