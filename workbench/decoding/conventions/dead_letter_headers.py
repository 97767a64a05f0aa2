"""Reads the headers of dead letters that applications write themselves, in the many spellings of a few names.

No client of Go, Node.js or Python prescribes them (Sarama, kafka-go, KafkaJS, NestJS, confluent-kafka, Faust), so
teams write ``x-original-topic``, ``originalTopic`` or ``dlq_original_topic``, and ``x-error`` or ``error_message``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREFIX = re.compile(r"^(?:x[-_.]?)?(?:dlq|dlt|dead[-_.]?letter)?[-_.]?")
_SEPARATORS = re.compile(r"[-_. ]")
_PLAIN = {
    "topic": ("originaltopic", "origintopic"),
    "partition": ("originalpartition", "originpartition"),
    "offset": ("originaloffset", "originoffset"),
    "timestamp_ms": ("originaltimestamp", "origintimestamp"),
    "group": ("originalconsumergroup", "originalgroup", "consumergroup", "groupid"),
    "type": ("exceptionclass", "exceptionclassname", "exceptiontype", "exceptionfqcn", "errorclass", "errortype"),
    "message": (
        "exceptionmessage", "errormessage", "lasterrormessage", "errorreason", "failurereason", "reason", "error",
        "exception",
    ),
    "attempts": (
        "attempts", "attempt", "retrycount", "retries", "retryattempts", "deliveryattempt", "deliveryattempts",
    ),
}  # fmt: skip
_WORDS = [f"{original}{mark}topic" for original in ("original", "origin") for mark in ("-", "_", ".", "")]
TOPIC_NAMES = frozenset(
    f"{prefix}{word}"
    for word in _WORDS
    for prefix in ("", "x-", "x_", "x-dlq-", "x_dlq_", "dlq-", "dlq_", "dlq.", "x-dead-letter-")
)
"""Lower-case names of the header without which the others are not read: alone they say nothing about a dead letter."""


def spelled_names(names: Iterable[str]) -> dict[str, str]:
    """Find the headers of a dead letter: field of origin or error → header name as it is spelled.

    Empty unless one of `TOPIC_NAMES` is among the names.
    """
    given = list(names)
    if TOPIC_NAMES.isdisjoint(name.lower() for name in given):
        return {}
    plain = {_SEPARATORS.sub("", _PREFIX.sub("", name.lower())): name for name in given}
    found = {field: [plain[word] for word in words if word in plain] for field, words in _PLAIN.items()}
    return {field: spelled[0] for field, spelled in found.items() if spelled}
