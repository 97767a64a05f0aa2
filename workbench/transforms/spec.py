"""Defines a transform's name, topics and environment, and checks them as a broker does before it deploys one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import TransformError
from workbench.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME_BYTES = 128
_VALUE_BYTES = 2_048
_MOST_VARIABLES = 128
_MOST_OUTPUTS = 8
_RESERVED = "REDPANDA_"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformSpec:
    """Name, topics and environment of a transform."""

    name: str
    input_topic: str
    output_topics: tuple[str, ...]
    """The first one gets what is written without a topic."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the user; those that begin with ``REDPANDA_`` are the host's."""

    def check(self) -> None:
        """Check everything that a broker would refuse.

        Raises:
            TransformError: Names all faults.
        """
        faults = list(self._faults())
        if faults:
            raise TransformError(
                f"The transform {visible(self.name, 80)!r} was not accepted: {'; '.join(faults)}.",
                name=self.name,
                stage="check",
            )

    def variables(self) -> dict[str, str]:
        """Return the environment that the guest sees."""
        outputs = {f"REDPANDA_OUTPUT_TOPIC_{index}": topic for index, topic in enumerate(self.output_topics)}
        return {**self.environment, "REDPANDA_INPUT_TOPIC": self.input_topic, **outputs}

    def _faults(self) -> Iterator[str]:
        yield from _text_faults("its name", self.name, _NAME_BYTES)
        if not self.input_topic:
            yield "it has no input topic"
        if not 1 <= len(self.output_topics) <= _MOST_OUTPUTS:
            yield f"it has {counted(len(self.output_topics), 'output topic')}, and 1 to {_MOST_OUTPUTS} are possible"
        if len(set(self.output_topics)) != len(self.output_topics):
            yield "an output topic is named twice"
        if self.input_topic in self.output_topics:
            yield f"{visible(self.input_topic, 80)} is both its input and its output, which would never end"
        if len(self.environment) > _MOST_VARIABLES:
            yield f"it has {counted(len(self.environment), 'variable')}, and {_MOST_VARIABLES} are possible"
        for key, value in self.environment.items():
            shown = visible(key, 80)
            yield from _text_faults(f"the name of the variable {shown!r}", key, _NAME_BYTES)
            # The value is not shown: variables are where people keep secrets.
            yield from _text_faults(f"the value of the variable {shown!r}", value, _VALUE_BYTES)
            if "=" in key:
                yield f"the name of the variable {shown!r} contains '='"
            if key.startswith(_RESERVED):
                yield f"the variable {shown!r} begins with {_RESERVED}, which is the host's"


def _text_faults(what: str, text: str, most_bytes: int) -> Iterator[str]:
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        yield f"{what} cannot be written as UTF-8"
        return
    if not 1 <= size <= most_bytes:
        yield f"{what} has the length {size}, and 1 to {most_bytes} are possible"
    if any(unicodedata.category(character) == "Cc" for character in text):
        yield f"{what} contains control characters"
