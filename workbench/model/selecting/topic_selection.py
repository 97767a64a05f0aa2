"""Parses topic selections: a name, a list, a shell pattern or a regular expression."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING, TypeAlias

from workbench.errors import ConfigurationError, UnknownTopicError
from workbench.model.replay_targets import is_replay_target
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.model.topics import TopicInfo

TopicsLike: TypeAlias = "str | re.Pattern[str] | Iterable[str | re.Pattern[str]]"

_SIMILAR = 3


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """A pattern over whole topic names."""

    text: str
    """As it was written; a regular expression begins with ``~``."""
    regex: re.Pattern[str]

    @property
    def wants_replays(self) -> bool:
        """Whether the pattern contains ``.replay.``."""
        return ".replay." in self.text.replace("\\.", ".")

    def matches(self, topic: TopicInfo) -> bool:
        """Tell whether a topic matches: never an internal one; a replay target only if the pattern has ``.replay.``."""
        if topic.internal or self.regex.fullmatch(topic.name) is None:
            return False
        return self.wants_replays or not is_replay_target(topic.name)


@dataclass(frozen=True, slots=True)
class TopicSelection:
    """Names and patterns, in the order given."""

    parts: tuple[str | TopicPattern, ...]

    def resolve(self, topics: Sequence[TopicInfo]) -> list[TopicInfo]:
        """Return the selected topics out of all topics of a cluster, each once, sorted by name.

        Raises:
            UnknownTopicError: A name that does not exist (with similar ones), or a pattern that matches nothing.
        """
        by_name = {topic.name: topic for topic in topics}
        chosen: dict[str, TopicInfo] = {}
        for part in self.parts:
            if isinstance(part, str):
                if part not in by_name:
                    raise _unknown_name(part, by_name)
                chosen[part] = by_name[part]
                continue
            found = {topic.name: topic for topic in topics if part.matches(topic)}
            if not found:
                raise _no_match(part, topics)
            chosen.update(found)
        return [chosen[name] for name in sorted(chosen)]

    @property
    def takes_all(self) -> bool:
        """Whether it is the pattern ``*`` alone."""
        return [part.text for part in self.parts if isinstance(part, TopicPattern)] == ["*"] and len(self.parts) == 1

    @property
    def has_patterns(self) -> bool:
        """Whether it may select topics that are created later."""
        return any(isinstance(part, TopicPattern) for part in self.parts)

    def matches(self, topic: TopicInfo) -> bool:
        """Tell whether a topic is selected."""
        return any(part == topic.name if isinstance(part, str) else part.matches(topic) for part in self.parts)

    def fits(self, name: str) -> bool:
        """Tell whether a name fits a pattern, be it of a topic that patterns leave out."""
        return any(part.regex.fullmatch(name) is not None for part in self.parts if isinstance(part, TopicPattern))

    def __str__(self) -> str:
        return " ".join(part if isinstance(part, str) else part.text for part in self.parts)


def parse_topics(value: TopicsLike) -> TopicSelection:
    """Read a topic selection: ``"orders"``, ``"onex.dev.*"``, ``"~orders-[0-9]+"``, a `re.Pattern`, or a list of these.

    Patterns match whole names. They never match internal topics, nor replay targets (``*.replay.`` and eight hex
    digits) unless the pattern says ``.replay.`` itself; an exact name always works.

    Raises:
        ConfigurationError: Nothing was selected, a pattern is not valid, or it is no topic but, say, an answer.
    """
    if hasattr(value, "positions") and hasattr(value, "where"):
        raise ConfigurationError(
            f"Topics are names or patterns, not {type(value).__name__}. To look for its records, name the topics and "
            "give where=answer.where(); in a tail, filter='where ' + answer.where()."
        )
    try:
        parts = (value,) if isinstance(value, str | re.Pattern) else tuple(value)
    except TypeError:
        raise ConfigurationError(f"Topics are names or patterns, not {type(value).__name__}: {value!r}.") from None
    if not parts:
        raise ConfigurationError("No topic was selected. Name at least one topic or pattern, such as 'orders.*'.")
    return TopicSelection(tuple(_parse_part(part) for part in parts))


def _parse_part(part: object) -> str | TopicPattern:
    if isinstance(part, re.Pattern) and isinstance(part.pattern, str):
        return TopicPattern(f"~{part.pattern}", part)
    if not isinstance(part, str):
        raise ConfigurationError(f"A topic is a name or a pattern, not {type(part).__name__}: {part!r}.")
    if part in ("", "~"):
        raise ConfigurationError("An empty topic name or pattern selects nothing. Use '*' for every topic.")
    if part.startswith("~"):
        return TopicPattern(part, _compile(part, part[1:]))
    if any(character in part for character in "*?["):
        return TopicPattern(part, _compile(part, translate(part)))
    return part


def _compile(text: str, expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ConfigurationError(f"The topic pattern {text!r} is not valid: {error}.") from error


def _unknown_name(name: str, known: Iterable[str]) -> UnknownTopicError:
    similar = difflib.get_close_matches(name, list(known), n=_SIMILAR)
    hint = f"Similar names: {', '.join(similar)}." if similar else "No name is similar; list the topics to see them."
    return UnknownTopicError(f"The topic {name!r} does not exist. {hint}", topic=name, similar=similar)


def _no_match(pattern: TopicPattern, topics: Sequence[TopicInfo]) -> UnknownTopicError:
    hidden = sum(1 for topic in topics if pattern.regex.fullmatch(topic.name) is not None)
    if hidden:
        only = counted(hidden, "internal or replay topic")
        reason = f"It fits only {only}, which a pattern leaves out; name them exactly."
    else:
        reason = f"None of the cluster's {counted(len(topics), 'topic')} fits; list the topics to see their names."
    similar = difflib.get_close_matches(pattern.text, [topic.name for topic in topics], n=_SIMILAR)
    return UnknownTopicError(
        f"The pattern {pattern.text!r} matches no topic. {reason}", topic=pattern.text, similar=similar
    )
