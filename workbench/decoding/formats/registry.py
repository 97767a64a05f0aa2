"""The formats that are known: a user's own, the built-in ones, and which of them reads a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.decoding.formats.format import CutOffError, Format, OtherFormatError, ReadValue
from workbench.decoding.formats.json import JsonFormat
from workbench.decoding.formats.raw import RawFormat
from workbench.decoding.value_tree import MISSING
from workbench.errors import ConfigurationError
from workbench.model.events.envelope import DAMAGED, RAW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.records.record import HeaderList

BUILTIN_FORMATS: tuple[Format, ...] = (JsonFormat(), RawFormat())
"""In order of precedence; the last claims every value."""

_REASON_CHARACTERS = 300
"""Longest reason that is kept: a format of a user's own may write the whole value into its message."""

_registered: dict[str, Format] = {}


def register_format(own: Format) -> None:
    """Add a format for all decoders that this process makes from now on; it is asked before the built-in ones.

    The format registered last is asked first. One of the same name is replaced, so that a notebook cell can run again.

    Raises:
        ConfigurationError: The name is empty, that of a built-in format, or ``damaged``.
    """
    name = getattr(own, "name", "")
    if not name or name in {DAMAGED, *(known.name for known in BUILTIN_FORMATS)}:
        raise ConfigurationError(f"A format cannot be registered as {name!r}; give its class another name.")
    _registered.pop(name, None)
    _registered[name] = own


def unregister_format(name: str) -> None:
    """Remove a registered format; decoders that are made already keep it. Does nothing where there is none."""
    _registered.pop(name, None)


def registered_formats() -> tuple[Format, ...]:
    """Return the formats of this process in order of precedence: registered ones, then the built-in ones."""
    return (*reversed(_registered.values()), *BUILTIN_FORMATS)


def read_value(topic: str, headers: HeaderList, value: bytes | None, formats: Sequence[Format]) -> ReadValue:
    """Read a value with the first format that claims it and can; keep the reasons of those that could not."""
    if value is None:
        return ReadValue(None, MISSING)
    reasons: dict[str, str] = {}
    problems: set[str] = set()
    for one in formats:
        # A format may be a user's own code and the value is hostile: whatever it raises is a reason, never an end.
        try:
            if one.claims(topic, headers, value):
                tree = one.read(value)
                # What is left for the raw bytes after a format has failed is not raw: it is damaged.
                name = DAMAGED if reasons and one.name == RAW else one.name
                return ReadValue(name, tree, reasons, frozenset(problems))
        except OtherFormatError:
            continue
        except Exception as error:  # noqa: BLE001
            reasons[one.name] = _reason(error)
            problems.add(f"{'cut_off' if isinstance(error, CutOffError) else 'unreadable'}_value:{one.name}")
    return ReadValue(DAMAGED if reasons else RAW, MISSING, reasons, frozenset(problems))


def _reason(error: Exception) -> str:
    what = "the value ends too early" if isinstance(error, CutOffError) else type(error).__name__
    text = f"{what}: {error}".encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _REASON_CHARACTERS else f"{text[:_REASON_CHARACTERS]}…"
