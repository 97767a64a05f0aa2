"""Names of target topics: those that the user gave, and the default ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection

NAME_LIMIT = 249
"""Most characters that Kafka allows in a topic name."""

_LEGAL = re.compile(r"[A-Za-z0-9._-]{1,249}\Z")


def default_name(topic: str, run_id: str) -> str:
    """Name the topic that a run creates when the user named none: ``{topic}.replay.{first 8 digits of run_id}``.

    Raises:
        ConfigurationError: The name would be longer than Kafka allows.
    """
    name = f"{topic}.replay.{run_id[:8]}"
    if len(name) > NAME_LIMIT:
        raise ConfigurationError(
            f"The default target of {topic} would have {counted(len(name), 'character')}, {NAME_LIMIT} is the most. "
            "Name a target with to=.",
        )
    return name


def resolve_targets(to: str | Mapping[str, str] | None, topics: Collection[str], run_id: str) -> dict[str, str]:
    """Map each source topic to its target.

    Args:
        to: One target for all, a target for each source topic, or None for the default names.
        topics: Source topics.
        run_id: Run that default names carry.

    Raises:
        ConfigurationError: A source topic without a target, or a name that no topic can have.
    """
    if to is None:
        return {topic: default_name(topic, run_id) for topic in topics}
    if not isinstance(to, (str, Mapping)):
        raise ConfigurationError(
            f"to={to!r} is no target; give the name of a topic, or a target for each source topic."
        )
    if isinstance(to, str):
        targets = dict.fromkeys(topics, to)
    else:
        absent = sorted(set(topics) - set(to))
        if absent:
            raise ConfigurationError(f"to= names no target for {', '.join(absent)}; add it or select without it.")
        targets = {topic: to[topic] for topic in topics}
    for name in set(targets.values()):
        if not isinstance(name, str) or not _LEGAL.match(name) or name in (".", ".."):
            raise ConfigurationError(f"{name!r} is no topic name: letters, digits, dot, underscore and hyphen only.")
    return targets
