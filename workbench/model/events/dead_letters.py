"""Recognises dead-letter topics and dead-letter records; graph, triage, replay guard and bus all use this rule.

A topic is judged by its name. The names are those that frameworks and teams write:

=========================================  =========================================================
``orders.DLT``, ``orders-dlt``             Spring Kafka
``dead-letter-topic-orders``               Quarkus and SmallRye
``orders-dlq``, ``dlq-orders``, ``DLQ``    Kafka Connect and most teams
``orders.dlq.v1``, ``onex.dlq.orders.v1``  a segment between dots
``onex.dev.dead_letter_queue``             the event-bus contract
``OrdersDLQ``, ``ordersDeadLetterQueue``   written as one word with capitals
=========================================  =========================================================

Three decisions that a name alone does not force:

- ``dlq-orders`` is a dead-letter topic, but ``shop.dlq-message.v1`` is an event type about one: a mark that begins a
  later segment counts only where it is the whole segment.
- MassTransit's fault queues (``orders_error``, ``orders_skipped``) and ``error`` of NServiceBus are not recognised by
  name, because ordinary topics are called so. Their records are, by the error headers that both frameworks write.
- The target that a replay creates (``orders.dlq.replay.0123abcd``) never is one: it is a sandbox.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.model.replay_targets import REPLAY_TARGET, is_replay_target

if TYPE_CHECKING:
    from collections.abc import Mapping

DEAD_LETTER_TYPE = "system.dead_letter"
"""Event type of the dead letters that the event-bus contract defines."""
COPIES = frozenset({"kafka_backup", "k2k", "spring_retry"})
"""Writers (``origin.via``) of backups, mirrors and retries: an origin, but no dead letter."""

_MARK = "(?i:(?:dlq|dlt|dead[._-]?letters?)(?:[._-]?(?:queue|topic))?)"
_CAPITALS = "(?:DLQ|DLT|DeadLetters?)(?:Queue|Topic)?"
_VERSION = "(?:[._-]v[0-9]+)?"
NAME_PATTERN = (
    rf"(?s:(?:.*[_-])?{_MARK}(?:[._-].*)?"  # begins the name or stands behind a hyphen or underscore
    rf"|.*\.{_MARK}{_VERSION}(?:\..*)?"  # is a segment of its own between dots
    rf"|.*[a-z0-9]{_CAPITALS}(?:[._-].*)?)"  # is the end of a word that is written with capitals
)
"""Pattern of the whole name, replay targets not left out.

Python and RE2 (and so Arrow and DuckDB) read it alike: no look-ahead, no anchors.
"""

_NAME = re.compile(NAME_PATTERN)
_BEFORE = re.compile(rf"(?s:(.+)[._-]{_MARK}{_VERSION}|(.+[a-z0-9]){_CAPITALS})")
_AFTER = re.compile(rf"(?s:{_MARK}[._-](.+))")
_SHARED = re.compile(r"(?:.*\.)?dead_letter_queue")


def is_dead_letter_topic(topic: str) -> bool:
    """Tell whether a topic is a dead-letter topic by its name; the target of a replay never is."""
    return _NAME.fullmatch(topic) is not None and not is_replay_target(topic)


def dead_letter_topic_sql(column: str) -> str:
    """Write `is_dead_letter_topic` as a condition of DuckDB on a column; null where the name is null."""
    return f"(regexp_full_match({column}, '{NAME_PATTERN}') AND NOT regexp_full_match({column}, '{REPLAY_TARGET}'))"


def origin_by_name(topic: str) -> str | None:
    """Return the topic that dead letters come from: the name without its mark; None if the name has none.

    The queue of the contract (``….dead_letter_queue``) is shared by all topics of an environment, so it names none.
    """
    if not is_dead_letter_topic(topic) or _SHARED.fullmatch(topic):
        return None
    if found := _BEFORE.fullmatch(topic):
        return found[1] or found[2]
    found = _AFTER.fullmatch(topic)
    return None if found is None else found[1]


def is_dead_letter(event: Mapping[str, Any]) -> bool:
    """Tell whether a decoded event is a dead letter, by its topic, type, error or origin.

    Args:
        event: Values by column of `workbench.model.records.columns.EVENT`, and ``topic``.
    """
    origin = event["origin"]
    via = None if origin is None else origin["via"]
    return (
        event["event_type"] == DEAD_LETTER_TYPE
        or is_dead_letter_topic(event["topic"] or "")
        or (via is not None and via not in COPIES)
        or (event["error"] is not None and any(event["error"][name] is not None for name in ("type", "message")))
    )


def dead_letter_sql() -> str:
    """Write `is_dead_letter` as a condition of DuckDB on the columns of ``events``; never null."""
    copies = ", ".join(f"'{via}'" for via in sorted(COPIES))
    return (
        f"(coalesce(event_type = '{DEAD_LETTER_TYPE}', false) OR coalesce({dead_letter_topic_sql('topic')}, false) "
        f"OR coalesce(origin.via NOT IN ({copies}), false) "
        "OR coalesce(error.type IS NOT NULL OR error.message IS NOT NULL, false))"
    )
