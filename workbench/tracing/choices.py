"""Refuses words that are none of the choices of an option, with the choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection

_SHOWN = 60


def check_choice(option: str, given: object, choices: Collection[str]) -> str:
    """Return the word that was given for an option.

    Raises:
        ConfigurationError: It is none of the choices.
    """
    if not isinstance(given, str) or given not in choices:
        raise ConfigurationError(f"{option}={visible(repr(given), _SHOWN)} is not known. Choose {', '.join(choices)}.")
    return given


def listed(words: str | Collection[str]) -> Collection[str]:
    """Return one word as a list of one: a text is a collection of its letters, which nobody means."""
    return [words] if isinstance(words, str) else words
