"""Block of a sheet that asks: lists to choose from, and buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.text import facts, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.text import Element

MOST_OPTIONS = 1_000
"""Options that a list offers."""
_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Choice:
    """A list of which one entry is chosen."""

    name: str
    """Names the choice in the message of the browser."""
    label: str
    options: tuple[str, ...]
    chosen: int
    """Index of the option that is chosen; -1 where none is."""

    def packed(self) -> dict[str, Any]:
        return {"name": self.name, "label": self.label, "options": self.options, "chosen": self.chosen}

    def accepts(self, option: int) -> bool:
        """Return whether there is such an option."""
        return 0 <= option < len(self.options)


@dataclass(frozen=True, slots=True)
class Press:
    """A button."""

    name: str
    label: str
    enabled: bool = True

    def packed(self) -> dict[str, Any]:
        return {"name": self.name, "label": self.label, "enabled": self.enabled}

    def accepts(self, option: int) -> bool:
        """Return whether it may be pressed; the browser then sends the option 0."""
        return self.enabled and option == 0


@dataclass(frozen=True, slots=True)
class Choices:
    """Lists and buttons in one line. A saved page shows what was chosen."""

    title: str
    parts: tuple[Choice | Press, ...]

    def packed(self) -> dict[str, Any]:
        return {"kind": "choices", "title": self.title, "parts": [part.packed() for part in self.parts]}

    def element(self) -> Element:
        return facts(self._chosen())

    def text(self) -> str:
        return "\n".join(f"{label}: {chosen}" for label, chosen in self._chosen())

    def accepts(self, name: str, option: int) -> bool:
        """Return whether a part of this name takes the option."""
        return any(part.name == name and part.accepts(option) for part in self.parts)

    def _chosen(self) -> list[tuple[str, str]]:
        lists = [part for part in self.parts if isinstance(part, Choice)]
        return [(one.label, one.options[one.chosen]) for one in lists if one.accepts(one.chosen)]


def choice(name: str, label: str, options: Sequence[str], chosen: int) -> Choice:
    """Make a list of texts that may be hostile: they are escaped and cut, and the first 1,000 are offered."""
    shown = tuple(visible(option, _CHARACTERS) for option in options[:MOST_OPTIONS])
    return Choice(name, label, shown, chosen if chosen < len(shown) else -1)
