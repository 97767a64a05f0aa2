"""The variants whose rates are measured are what their names say, and decode alike in bulk and one by one."""

from __future__ import annotations

import pytest
import variants
from exact_events import exact_events

from workbench.decoding import Decoder

ROWS = 20
BY_LABEL = {variant.label: variant for variant in variants.VARIANTS}
NAMES = {"cloudevents": ("cloudevents", "cloudevents_axon4", "cloudevents_debezium")}
WITHOUT = (
    "JSON",
    "plain",
    "avro",
    "null bodies",
    "empty bodies",
    "truncated",
    "traceparent only",
    "b3",
    "uber",
    "Connect",
    "request",
    "contract: one invalid",
)


def expected(variant: variants.Variant) -> tuple[str | None, ...]:
    """Conventions that the records of a variant follow; a tombstone follows none."""
    if variant.group in ("variation", "headers") and variant.name.startswith(WITHOUT):
        return (None,)
    if variant.conventions is not None:
        return tuple(convention.name for convention in variant.conventions)
    if variant.group == "variation":
        return ("contract", "cloudevents", "masstransit", None) if "mixed" in variant.name else ("contract",)
    if variant.group == "headers":
        return ("contract", "generic_headers")
    tombstones = (None,) if "tombstone" in variant.name else ()
    return (*NAMES.get(variant.group, (variant.group,)), *tombstones)


@pytest.mark.parametrize("label", BY_LABEL)
def test_variant_follows_its_convention_in_both_ways(label):
    variant = BY_LABEL[label]
    count = min(ROWS, variant.rows // 100)
    rows = variant.made(count)
    events = Decoder(variant.conventions).decode(variants.batch_of(rows), variant.topic)
    assert events.to_pylist() == exact_events(variant.topic, rows, variant.conventions).to_pylist()
    assert set(events["convention"].to_pylist()) <= set(expected(variant))


def test_the_same_seed_makes_the_same_records():
    for variant in variants.VARIANTS[:80:20]:
        assert variant.made(3) == variant.made(3) != variant.made(3, seed=1)
    mixes = [[batch for _, batch in variants.mixes(2, 100)] for _ in range(2)]
    assert mixes[0] == mixes[1]
    assert mixes[0][0] != mixes[0][1]
