"""Estimates of clock offsets: correct the least, or take the middle between the bounds (`docs/tracing.md` 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.tracing.clocks.constraints import Constraints
    from workbench.tracing.graph.arrays import Ints


def least_offsets(
    constraints: Constraints, weight: Ints, members: Sequence[int], reference: int | None
) -> dict[int, int]:
    """Correct only what is proven wrong, and as few events as possible.

    Args:
        constraints: All constraints; they can be kept.
        weight: Events of each clock.
        members: Clocks of one connected component, ascending, which is the order of their names.
        reference: A clock that counts as right, if it is among the members.
    """
    found = []
    for up in (True, False):
        offset = _relaxed(constraints, len(weight), up=up)
        fixed = reference if reference in members else None
        middle = offset[fixed] if fixed is not None else _weighted_median(offset, weight, members)
        shifted = {one: int(offset[one] - middle) for one in members}
        found.append(_pulled(constraints, shifted, fixed))
    costs = [sum(int(weight[one]) * abs(offset) for one, offset in offsets.items()) for offsets in found]
    return found[0] if costs[0] <= costs[1] else found[1]


def _relaxed(constraints: Constraints, count: int, *, up: bool) -> Ints:
    """Begin with zeros and move clocks forwards (``up``) or backwards until every constraint is kept."""
    offset = np.zeros(count, dtype=np.int64)
    for _ in range(count + 1):
        before = offset.copy()
        if up:
            np.maximum.at(offset, constraints.second, offset[constraints.first] + constraints.bound)
        else:
            np.minimum.at(offset, constraints.first, offset[constraints.second] - constraints.bound)
        if np.array_equal(before, offset):
            break
    return offset


def _weighted_median(offset: Ints, weight: Ints, members: Sequence[int]) -> int:
    """Return the first value, ascending, at which half of the weight is reached."""
    ordered = sorted(members, key=lambda one: int(offset[one]))
    total = sum(int(weight[one]) for one in members)
    reached = 0
    for one in ordered:
        reached += int(weight[one])
        if reached * 2 >= total:
            return int(offset[one])
    return 0


def _pulled(constraints: Constraints, offset: dict[int, int], reference: int | None) -> dict[int, int]:
    """Move each clock as near to 0 as its neighbours allow, in the order of the names, until nothing changes."""
    edges = list(zip(constraints.first.tolist(), constraints.second.tolist(), constraints.bound.tolist(), strict=True))
    below: dict[int, list[tuple[int, int]]] = {}
    above: dict[int, list[tuple[int, int]]] = {}
    for first, second, bound in edges:
        below.setdefault(second, []).append((first, bound))
        above.setdefault(first, []).append((second, bound))
    for _ in range(len(offset)):
        changed = False
        for one in tuple(offset):
            if one == reference:
                continue
            low = max((offset[other] + bound for other, bound in below.get(one, ())), default=-np.inf)
            high = min((offset[other] - bound for other, bound in above.get(one, ())), default=np.inf)
            value = int(min(max(0, low), high))
            changed |= value != offset[one]
            offset[one] = value
        if not changed:
            break
    return offset


def midpoint_offsets(
    heaviest: NDArray[np.float64], weight: Ints, members: Sequence[int], reference: int | None
) -> dict[int, float | None]:
    """Take the middle between the bounds against one clock; it assumes equal delays in both directions.

    Args:
        heaviest: D of `workbench.tracing.clocks.constraints.heaviest_paths`.
        weight: Events of each clock.
        members: Clocks of one connected component, ascending.
        reference: The clock to measure against; by default the one with the most events.
    """
    origin = reference if reference in members else min(members, key=lambda one: (-int(weight[one]), one))
    found: dict[int, float | None] = {}
    for one in members:
        forth, back = heaviest[origin, one], heaviest[one, origin]
        found[one] = float((forth - back) / 2) if np.isfinite(forth) and np.isfinite(back) else None
    return found
