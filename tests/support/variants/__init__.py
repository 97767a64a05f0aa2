"""The 132 ordinary variants of records whose decode rates are published, as seeded record batches of a capture.

``VARIANTS`` has them in the order of the published table (docs/decode-rates.md); `mixes` makes topics of many of them.
"""

from __future__ import annotations

from variants import contract, frameworks, headers, json_events, onex, stores, variations
from variants.rows import VARIANTS, Values, Variant, batch_of, mixes, variant

__all__ = [
    "VARIANTS",
    "Values",
    "Variant",
    "batch_of",
    "contract",
    "frameworks",
    "headers",
    "json_events",
    "mixes",
    "onex",
    "stores",
    "variant",
    "variations",
]
