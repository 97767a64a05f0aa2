"""What live consumers are expected to make of a stimulus, as the flows of its snapshot tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.text import and_more, counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ExpectedEffects:
    """The direct effects of the types that are sent, and what the selection cuts."""

    edges: tuple[tuple[str, str, float], ...]
    """Type that is sent, type of an effect, and the share of such events that had one; the most usual first."""
    outside: int = 0
    """Effects of selected events that are not selected."""
    cut: int = 0
    """Causes of selected events that are not selected."""

    def lines(self, groups: Sequence[str]) -> list[tuple[str, str]]:
        """Describe them by names and values.

        Args:
            groups: Consumer groups of the targets, which would make them.
        """
        shown = [f"{visible(cause)} → {visible(effect)} {share:.0%}" for cause, effect, share in self.edges]
        effects = ", ".join(shown[:_SHOWN]) + and_more(len(shown) - _SHOWN)
        makers = ", ".join(groups) or "no consumer group reads the target now"
        cuts = [
            f"{counted(self.outside, 'effect')} of selected events" if self.outside else "",
            f"{counted(self.cut, 'cause')} of selected events" if self.cut else "",
        ]
        return [
            ("expected effects", effects or "none: events of these types had no effects in the snapshot"),
            *([("made by", makers)] if effects else []),
            *([("not selected", "; ".join(filter(None, cuts)))] if any(cuts) else []),
        ]
