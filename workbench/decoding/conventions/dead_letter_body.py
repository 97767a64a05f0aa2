"""Dead letters that say in their body what they are copies of: the result, and readers of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.provenance import Found, integer, position_number
from workbench.decoding.value_tree import scalar_text
from workbench.model.events.envelope import Cause, EventError, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The parts of a dead letter that its body names."""

    found: Found
    depth: int | None = None
    """Layers of a dead letter that was dead-lettered again."""
    root: str | None = None
    """Position of the innermost original, from the second layer on."""
    original: Cause | None = None
    """The original message as a cause by id, where the body names it."""
    inner_correlation: str | None = None
    """Correlation id inside the copied value."""
    position_first: bool = False
    """Whether the original is the first cause; otherwise the declared causes come before it."""


def origin_of(body: Mapping[str, Any], keys: tuple[str, str, str], via: str, problems: set[str]) -> Origin | None:
    """Read a position from three members: topic, partition, offset; unreadable numbers go to ``problems``."""
    values: dict[str, Any] = {"topic": text_of(body.get(keys[0]))}
    for name, key in (("partition", keys[1]), ("offset", keys[2])):
        text = text_of(body.get(key))
        values[name] = None if text is None else position_number(name, text, problems)
    return Origin(**values, via=via) if any(value is not None for value in values.values()) else None


def error_of(
    body: Mapping[str, Any], kind: str, message: str, attempts: str, stage: str | None = None
) -> EventError | None:
    """Read an error from the members of these names; None where there is none."""
    values = {"type": text_of(body.get(kind)), "message": text_of(body.get(message))}
    count = integer("attempts", text_of(body.get(attempts)))
    staged = None if stage is None else text_of(body.get(stage))
    if not any(values.values()) and count is None and staged is None:
        return None
    return EventError(**values, stage=staged, attempts=count)


def text_of(value: object) -> str | None:
    """Return the text of a scalar; lone surrogates, which UTF-8 cannot hold, are escaped."""
    text = scalar_text(value)
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()
