"""ONEX topic names: what their segments say, and which topics hold dead letters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_SEGMENT = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_STRICT = re.compile(rf"onex\.(cmd|evt|dlq|intent|snapshot)\.({_SEGMENT})\.({_SEGMENT})\.v([1-9]\d*)", re.ASCII)
_LENIENT = re.compile(r"onex\.(evt|cmd|intent|dlq)\.([a-z0-9-]+)\.([a-z0-9._-]+)\.v([1-9]\d*)", re.ASCII)
_ENVIRONMENT = re.compile(r"(dev|staging|prod|test|local)\.(onex\..+)")
_NAMESPACE = re.compile(r"([a-z][a-z0-9-]{0,31})\.(onex\..+)")
_DEAD_LETTERS = re.compile(
    r"[\w-]+\.dlq\.(?:[a-z][a-z0-9_-]*\.)?[a-z][a-z0-9_-]*\.v\d+|.+\.dlq|.+-dlq|dlq-events",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class OnexTopic:
    """A topic name of ONEX, taken apart."""

    kind: str
    producer: str
    name: str
    version: int
    form: Literal["canonical", "lenient"]
    environment: str | None = None
    namespace: str | None = None

    @property
    def alias(self) -> str:
        """What dispatchers compare ``event_type`` with."""
        return f"{self.producer}.{self.name}"


def parse_onex_topic(topic: str) -> OnexTopic | None:
    """Take an ONEX topic name apart; None for names of other shapes."""
    environment = namespace = None
    bare = topic
    if found := _ENVIRONMENT.fullmatch(topic):
        environment, bare = found[1], found[2]
    elif found := _NAMESPACE.fullmatch(topic):
        namespace, bare = found[1], found[2]
    strict = _STRICT.fullmatch(bare)
    parts = strict or _LENIENT.fullmatch(bare)
    if parts is None:
        return None
    form: Literal["canonical", "lenient"] = "canonical" if strict else "lenient"
    return OnexTopic(parts[1], parts[2], parts[3], int(parts[4]), form, environment, namespace)


def is_dead_letter_topic(topic: str) -> bool:
    """Whether a topic is named like one that holds dead letters."""
    return _DEAD_LETTERS.fullmatch(topic) is not None
