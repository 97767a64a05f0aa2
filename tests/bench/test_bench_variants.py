"""Floors of the decode rates of 132 ordinary variants of records, as shares of the contract's own body in the same run.

`make rates` writes the whole table into docs/decode-rates.md.
"""

from __future__ import annotations

import functools

import pytest
import variants
from variants import rates

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]

OF_CONTRACT = 1 / 4
OF_CONTRACT_MIXED = 1 / 3
OF_CONTRACT_SMALL_CALLS = 1 / 8
SMALL_CALL = 400
KEPT = 0.8
"""Share of its published rate that a variant must keep: two runs of one decoder differ by up to a fifth."""
MIXES = 6
BY_LABEL = {variant.label: variant for variant in variants.VARIANTS}


@functools.cache
def contract() -> rates.Rate:
    return rates.contract()


def allowed_s(rate: rates.Rate, share: float) -> float:
    """CPU seconds that a row may cost: by rows, and by bytes where rows are many times longer than the contract's."""
    return contract().row_s * max(1 / share, rate.row_bytes / contract().row_bytes)


@pytest.mark.parametrize("label", BY_LABEL)
def test_variant_in_calls_of_a_capture(benchmark, label):
    variant = BY_LABEL[label]
    rate = benchmark.pedantic(lambda: rates.measured(variant))
    share = contract().row_s / rate.row_s
    benchmark.extra_info.update(rows_per_second=round(rate.rows_a_second), of_contract=round(share, 3))
    if variant.name in rates.DAMAGED:
        assert rate.row_s <= rates.DAMAGED_ROW_S
    else:
        floor = OF_CONTRACT_MIXED if variant.name in rates.MIXED else OF_CONTRACT
        assert rate.row_s <= allowed_s(rate, floor), f"{share:.3f} of the contract's body; {floor:.3f} is the floor"


@pytest.mark.parametrize("label", BY_LABEL)
def test_variant_in_calls_of_400_rows(benchmark, label):
    variant = BY_LABEL[label]
    rate = benchmark.pedantic(lambda: rates.measured(variant, SMALL_CALL))
    share = contract().row_s / rate.row_s
    benchmark.extra_info.update(rows_per_second=round(rate.rows_a_second), of_contract=round(share, 3))
    allowed = rates.DAMAGED_ROW_S if variant.name in rates.DAMAGED else allowed_s(rate, OF_CONTRACT_SMALL_CALLS)
    assert rate.row_s <= allowed, f"{share:.3f} of the contract's body in calls of {rates.ROWS:,} rows"


@pytest.mark.parametrize("label", BY_LABEL)
def test_variant_keeps_its_published_rate(benchmark, label):
    """A slower machine is allowed for by what the contract's body shows of it."""
    variant = BY_LABEL[label]
    rate = benchmark.pedantic(lambda: rates.measured(variant, rates.call_rows_published(variant)), rounds=1)
    machine = min(1, contract().rows_a_second / contract().variant.published)
    kept = rate.rows_a_second / variant.published / machine
    benchmark.extra_info.update(rows_per_second=round(rate.rows_a_second), kept=round(kept, 2))
    assert kept >= KEPT


def test_mixes_of_eight_variants_with_texts_and_tombstones(benchmark):
    def work() -> dict[str, float]:
        using = rates.decoder()
        return {label: rates.row_seconds(using, batch, rates.MIXED_TOPIC) for label, batch in variants.mixes(MIXES)}

    shares = {label: contract().row_s / row_s for label, row_s in benchmark.pedantic(work).items()}
    assert {label: share for label, share in shares.items() if share < OF_CONTRACT_MIXED} == {}
