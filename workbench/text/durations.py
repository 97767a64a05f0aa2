"""Writes spans of time in units that fit them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from workbench.text.counts import UNKNOWN

if TYPE_CHECKING:
    from workbench.text.times import TimeUnit

_NS: dict[TimeUnit, int] = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_SYMBOLS: dict[TimeUnit, str] = {"s": "s", "ms": "ms", "us": "µs", "ns": "ns"}
_MINUTE_NS = 60_000_000_000
_LONG = ((86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (_MINUTE_NS, "min"), (_NS["s"], "s"))


def duration_text(
    span: float | None,
    unit: TimeUnit = "ms",
    *,
    signed: bool = False,
    smallest: TimeUnit | None = None,
) -> str:
    """Write a duration: ``40 ms``, ``1.25 s``, ``3 min 5 s``, ``2 h 5 min``, ``1,200 d 3 h``.

    Below a minute it has four significant digits; from a minute on it has two units, and what is smaller is cut off.

    Args:
        span: A number of ``unit``, negative too; None, NaN and infinity are ``unknown``.
        unit: What ``span`` counts.
        signed: Write ``+`` before a span that is not negative.
        smallest: Unit to which the span is rounded first, so that an estimate does not look exact.
    """
    if span is None or not math.isfinite(span):
        return UNKNOWN
    # A fraction is exact for any integer and any float; a product of floats may overflow.
    span_ns = round(Fraction(span) * _NS[unit])
    if smallest is not None:
        span_ns = round(Fraction(span_ns, _NS[smallest])) * _NS[smallest]
    sign = "-" if span_ns < 0 else "+" if signed else ""
    return sign + _size(abs(span_ns), smallest or unit)


def _size(span_ns: int, unit: TimeUnit) -> str:
    if not span_ns:
        return f"0 {_SYMBOLS[unit]}"
    if span_ns < _MINUTE_NS:
        fitting = next(name for name, size in _NS.items() if span_ns >= size)
        return f"{span_ns / _NS[fitting]:.4g} {_SYMBOLS[fitting]}"
    index = next(index for index, (size, _) in enumerate(_LONG) if span_ns >= size)
    (size, name), (next_size, next_name) = _LONG[index : index + 2]
    count, rest = divmod(span_ns, size)
    following = rest // next_size
    return f"{count:,} {name} {following} {next_name}" if following else f"{count:,} {name}"
