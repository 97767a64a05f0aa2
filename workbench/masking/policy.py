"""The masking policy of the settings: which rules hold for a topic, and which held for what a snapshot stores."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from workbench.masking.actions import replacer
from workbench.masking.records import TopicMask
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.config.masking import MaskingSettings


class MaskingPolicy:
    """Masks records by topic. Plain data after it was made: the settings are those of that moment.

    Args:
        settings: The rules.
        salt: Of hashes.
    """

    def __init__(self, settings: MaskingSettings, salt: str) -> None:
        self._rules = [(rule, replacer(rule, salt)) for rule in settings.rules]
        self.keeps_raw = settings.keep_raw
        """Whether captures keep the raw bytes of masked records beside the snapshot."""
        self._by_topic: dict[str, TopicMask | None] = {}

    def __repr__(self) -> str:
        return f"<MaskingPolicy with {counted(len(self._rules), 'rule')}>"

    def __bool__(self) -> bool:
        return bool(self._rules)

    def of_topic(self, topic: str) -> TopicMask | None:
        """Return the mask of a topic; None where no rule is for it."""
        if topic not in self._by_topic:
            rules = [(rule, one) for rule, one in self._rules if _is_for(rule.topics, topic)]
            self._by_topic[topic] = TopicMask(rules) if rules else None
        return self._by_topic[topic]

    def concerns(self, topic: str) -> bool:
        """Return whether records of a topic are masked."""
        return self.of_topic(topic) is not None

    def masks_values(self, topic: str) -> bool:
        """Return whether values of a topic are masked."""
        mask = self.of_topic(topic)
        return mask is not None and mask.reads_values

    def stored(self) -> list[str]:
        """Return the rules as texts, for a snapshot that holds what they masked."""
        return [rule.stored() for rule, _ in self._rules]

    def missing(self, topics: Iterable[str], held: Iterable[str]) -> list[str]:
        """Return the topics for which a rule holds now that did not hold when their records were stored."""
        known = set(held)
        new = [rule for rule, _ in self._rules if rule.stored() not in known]
        return sorted({topic for topic in topics if any(_is_for(rule.topics, topic) for rule in new)})


def policy_of(settings: MaskingSettings, environ: Mapping[str, str] | None = None) -> MaskingPolicy:
    """Make the policy of the settings.

    Raises:
        ConfigurationError: A rule hashes, and there is no salt.
    """
    salt = settings.salt(os.environ if environ is None else environ)
    return MaskingPolicy(settings, salt.get_secret_value())


def _is_for(patterns: Iterable[str], topic: str) -> bool:
    return any(fnmatchcase(topic, pattern) for pattern in patterns)
