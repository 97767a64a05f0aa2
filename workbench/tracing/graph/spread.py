"""How values spread within groups: quantiles and distances from the median, with one sort of all values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from workbench.tracing.graph.arrays import paired
from workbench.tracing.graph.grouped_values import grouped_values, middle_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.tracing.graph.arrays import Ints

    Floats: TypeAlias = NDArray[np.float64]

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_MOST_KEYS = 2**63
_LEAST_TABLE = 1 << 14
_LARGE_GROUP = 32
"""Values in a group from which it is cheaper to sort each group by itself than all values together."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One entry for each group; NaN, and 0 as the largest, for an empty one."""

    n: Ints
    median: Floats
    p95: Floats
    p99: Floats
    mad: Floats
    """Median of the distances from the median."""
    largest: Ints


def spread_of(place: Ints, value: Ints, count: int) -> Spread:
    """Measure how the values of each group spread.

    Args:
        place: Number of each value's group.
        value: Whole numbers.
        count: How many groups there are.
    """
    return _measured(*_sorted_in_groups(place, value, count))


def spread_of_groups(starts: Ints, values: Ints) -> Spread:
    """Measure how the values of each group spread; the values change places.

    Args:
        starts: Where the values of each group start, one more than there are groups.
        values: Whole numbers.
    """
    return _measured(starts, _sorted_groups(starts, values))


def _measured(starts: Ints, ordered: Ints) -> Spread:
    median, p95, p99 = _quantiles(starts, ordered)
    # Twice a median is a whole number.
    mad = middle_distances(starts, ordered, np.nan_to_num(2 * median).astype(np.int64))
    n = np.diff(starts)
    largest = np.zeros(len(n), dtype=np.int64)
    largest[n > 0] = ordered[starts[1:][n > 0] - 1]
    return Spread(n, median, p95, p99, mad, largest)


def grouped_quantiles(place: Ints, value: Ints, count: int) -> list[Floats]:
    """Return p50, p95 and p99 of each group with linear interpolation, NaN for an empty one."""
    return _quantiles(*_sorted_in_groups(place, value, count))


def _quantiles(starts: Ints, ordered: Ints) -> list[Floats]:
    sizes, begins = np.diff(starts), starts[:-1]
    if not len(ordered):
        return [np.full(len(sizes), np.nan) for _ in QUANTILES]
    found = []
    for share in QUANTILES.values():
        at = begins + share * np.maximum(sizes - 1, 0)
        low = np.minimum(np.floor(at).astype(np.int64), len(ordered) - 1)
        high = np.minimum(low + 1, np.maximum(begins + sizes - 1, 0))
        below, above = (ordered[place].astype(np.float64) for place in (low, high))
        found.append(np.where(sizes > 0, below + (above - below) * (at - np.floor(at)), np.nan))
    return found


def _sorted_in_groups(place: Ints, value: Ints, count: int) -> tuple[Ints, Ints]:
    """Sort values group by group, with where each group starts: by counting, or put together first."""
    least = int(value.min(initial=0))
    width = int(value.max(initial=0)) - least + 1
    if width * count <= max(_LEAST_TABLE, len(value)):
        counts = np.bincount(paired(place, value - least, width), minlength=width * count)
        starts = np.concatenate([[0], np.cumsum(counts.reshape(count, width).sum(axis=1))])
        return starts, np.repeat(np.tile(np.arange(least, least + width), count), counts)
    starts, together = grouped_values(place, np.ascontiguousarray(value, dtype=np.int64), count)
    return starts, _sorted_groups(starts, together)


def _sorted_groups(starts: Ints, values: Ints) -> Ints:
    """Sort the values of each group: large groups by themselves and in place, small ones all together."""
    count, least = len(starts) - 1, int(values.min(initial=0))
    width = int(values.max(initial=0)) - least + 1
    if count * _LARGE_GROUP <= len(values) or width * count >= _MOST_KEYS:
        for begin, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            values[begin:end].sort()
        return values
    first = np.repeat(np.arange(count) * width - least, np.diff(starts))
    keys = first + values
    keys.sort()
    return keys - first
