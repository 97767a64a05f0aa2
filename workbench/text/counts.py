"""Writes numbers and counted things: thousands separators, plurals, ``unknown`` for a number that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "unknown"
"""Stands for a value that exists but is not known."""


def number_text(value: Any) -> str:
    """Write a whole number with thousands separators: ``1,234``; ``unknown`` for None, NaN and pandas' NA.

    Args:
        value: Anything that `int` accepts; a fraction is cut off.
    """
    try:
        return f"{int(value):,}"
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Choose the form of a noun that follows a number: ``record`` after 1, ``records`` after any other.

    Args:
        count: The number.
        noun: The singular.
        many: The plural, where it is not the singular and an ``s``.
    """
    return noun if count == 1 else many or f"{noun}s"


def counted(count: int | None, noun: str, many: str | None = None) -> str:
    """Write a number of things: ``1 record``, ``1,234 records``, ``2 copies``, ``unknown records``.

    Args:
        count: How many there are; None where that is not known.
        noun: The singular.
        many: The plural, where it is not the singular and an ``s``.
    """
    return f"{number_text(count)} {plural(2 if count is None else count, noun, many)}"


def counts_text(counts: Mapping[str, int]) -> str:
    """Write numbers by name: ``acked 1,234, failed 2``; those that are 0 are left out, so the text may be empty."""
    return ", ".join(f"{name} {number_text(count)}" for name, count in counts.items() if count)


def and_more(count: int) -> str:
    """End a list that was cut: `` and 3 more``, with its leading blank; empty where nothing was left out."""
    return f" and {number_text(count)} more" if count > 0 else ""
