"""Logical and physical names of topics and groups, and the default route of an event type."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.errors import ValidationError
from workbench.model.events.dead_letters import NAME_PATTERN
from workbench.model.replay_targets import REPLAY_TARGET
from workbench.text import counted

ALL_EVENTS = "all_events"
"""Reserved: every topic of the environment but the dead letters, replay targets and internal topics; read-only."""

DEAD_LETTER_QUEUE = "dead_letter_queue"
RAW = "raw:"
"""Prefix that addresses a physical topic as it is."""

MAX_PHYSICAL_CHARS = 249
_LOGICAL = re.compile(r"[A-Za-z0-9._-]{1,200}")


def default_route(event_type: str) -> str:
    """Return the logical topic of an event type: ``user.created`` goes to ``user_events``."""
    return DEAD_LETTER_QUEUE if event_type == "system.dead_letter" else f"{event_type.partition('.')[0]}_events"


@dataclass(frozen=True, slots=True)
class Namespace:
    """Converts names within one prefix and environment."""

    prefix: str
    environment: str

    def physical(self, logical: str) -> str:
        """Return the physical name of a logical topic or consumer group.

        Raises:
            ValidationError: The name is not usable; the text says why.
        """
        if logical.startswith(RAW):
            return _checked(logical[len(RAW) :])
        if not _LOGICAL.fullmatch(logical) or logical in {".", ".."}:
            raise _unusable(
                f"{logical!r} is no topic name: 1 to 200 letters, digits, dots, underscores and hyphens are allowed.",
            )
        return _checked(f"{self.prefix}.{self.environment}.{logical}")

    def logical(self, physical: str) -> str:
        """Return the logical name of a physical topic; topics of other namespaces get the prefix ``raw:``."""
        start = f"{self.prefix}.{self.environment}."
        return physical[len(start) :] if physical.startswith(start) else RAW + physical

    def all_events(self, environments: tuple[str, ...] = ()) -> re.Pattern[str]:
        """Return the pattern of the physical topics that `ALL_EVENTS` stands for."""
        names = "|".join(re.escape(name) for name in (environments or (self.environment,)))
        start = rf"{re.escape(self.prefix)}\.(?:{names})\."
        return re.compile(rf"^{start}(?!{NAME_PATTERN}$)(?!{REPLAY_TARGET}$)[A-Za-z0-9._-]+$")


def _checked(physical: str) -> str:
    if not physical or len(physical) > MAX_PHYSICAL_CHARS:
        raise _unusable(
            f"{physical!r} has {counted(len(physical), 'character')}; a physical name has 1 to {MAX_PHYSICAL_CHARS}.",
        )
    return physical


def _unusable(message: str) -> ValidationError:
    return ValidationError(message, errors=[("topic", message, "str")])
