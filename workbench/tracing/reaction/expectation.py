"""Tells how long to wait for the reaction to a replay, from how long the hops of the original flow took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.times import hops

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.order.profile import TimingProfile

LEAST_WAIT_S = 5.0
LEAST_QUIET_S = 0.5
"""Shortest time without a new event after which a complete reaction counts as ended."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait."""

    most_s: float
    """For what does not come."""
    quiet_s: float
    """For more than was expected, once all of it has come."""


def expected_wait(original: CausalGraph, profile: TimingProfile, verify_timeout_s: float) -> Wait:
    """Return the wait for a flow: the longest usual hop for each level, at least five seconds.

    Args:
        original: The records that were sent, and all that they had led to.
        profile: How long hops usually take.
        verify_timeout_s: The longest wait that is allowed.
    """
    types = set(original.column("event_type").to_pylist())
    known = profile.frame[profile.frame["effect_type"].isin(types)]["p99_us"]
    used = original.used_edges
    between, timed = hops(original.time, used.cause, used.effect)
    own = float(between[timed].max()) if timed.any() else 0.0
    longest_s = max(float(known.max()) if len(known) else 0.0, own, 0.0) / 1e6
    depth = int(original.structure.depth.max()) if len(original) else 0
    most = float(np.clip(longest_s * max(depth, 1), LEAST_WAIT_S, max(verify_timeout_s, 0.0)))
    return Wait(min(most, verify_timeout_s), min(max(longest_s, LEAST_QUIET_S), verify_timeout_s))
