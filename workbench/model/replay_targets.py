"""Recognises the topics that a replay creates: ``{topic}.replay.`` and eight hex digits of the run."""

from __future__ import annotations

import re

REPLAY_TARGET = r"(?s:.*\.replay\.[0-9a-f]{8})"
"""Pattern of the whole name; Python, RE2 and therefore Arrow and DuckDB read it alike."""

_REPLAY_TARGET = re.compile(REPLAY_TARGET)


def is_replay_target(topic: str) -> bool:
    """Tell whether a topic's name is that of a target created by a replay."""
    return _REPLAY_TARGET.fullmatch(topic) is not None
