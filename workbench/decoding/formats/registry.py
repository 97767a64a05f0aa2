"""The formats that are known: a user's own, the built-in ones, and which of them reads a value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.decoding.formats.choice import Choices
from workbench.decoding.formats.format import CutOffError, Format, OtherFormatError, ReadValue
from workbench.decoding.formats.json import CONNECT_WRAPPER, JsonFormat, parse_json
from workbench.decoding.formats.raw import RawFormat
from workbench.decoding.value_tree import MISSING
from workbench.errors import ConfigurationError
from workbench.model.events.envelope import DAMAGED, RAW
from workbench.model.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.decoding.formats.choice import Choice
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


WITHOUT_SCHEMAS = Choices(Schemas(), {})
"""Choices of a decoder that knows no schema and no format of a topic."""


def read_value(
    topic: str,
    headers: HeaderList,
    value: bytes | None,
    formats: Sequence[Format],
    choices: Choices = WITHOUT_SCHEMAS,
) -> ReadValue:
    """Read a value with the first format that claims it and can; keep the reasons of those that could not.

    Formats of a user's own are asked first, then the choices for bytes, then JSON and raw.
    """
    if value is None:
        return ReadValue(None, MISSING)
    own = [one for one in formats if not one.in_columns]
    read = _first_of(topic, headers, value, own, ReadValue(None, MISSING))
    if read.format is not None:
        return read
    choice = choices.choose(topic, headers, value)
    if choice.reader is not None:
        return _chosen(choices, choice, value, read)
    read = _first_of(topic, headers, value, [one for one in formats if one.in_columns], read)
    if read.format is None:
        read = replace(read, format=DAMAGED if read.reasons else RAW)
    return replace(read, raw_reason=choice.reason) if read.format == RAW else read


def unreadable(name: str, error: Exception) -> tuple[str, str]:
    """Return the reason and the problem code of a value that a format claims and cannot read."""
    return _reason(error), f"{'cut_off' if isinstance(error, CutOffError) else 'unreadable'}_value:{name}"


def _chosen(choices: Choices, choice: Choice, value: bytes, before: ReadValue) -> ReadValue:
    try:
        text = choices.read(choice, value)
    except ValueError as error:
        reason, problem = unreadable(choice.format, error)
        reasons = {**before.reasons, choice.format: reason}
        return ReadValue(DAMAGED, MISSING, reasons, before.problems | {problem})
    decoded = text.decode()
    tree = parse_json(decoded)
    if isinstance(tree, dict) and tree.keys() == CONNECT_WRAPPER:
        tree = tree["payload"]
    return ReadValue(choice.format, tree, before.reasons, before.problems, decoded=decoded)


def _first_of(topic: str, headers: HeaderList, value: bytes, formats: Sequence[Format], before: ReadValue) -> ReadValue:
    """Ask formats in their order; the result has no format where none reads the value."""
    reasons = dict(before.reasons)
    problems = set(before.problems)
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
            reasons[one.name], problem = unreadable(one.name, error)
            problems.add(problem)
    return ReadValue(None, MISSING, reasons, frozenset(problems))


def _reason(error: Exception) -> str:
    what = "the value ends too early" if isinstance(error, CutOffError) else type(error).__name__
    text = f"{what}: {error}".encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _REASON_CHARACTERS else f"{text[:_REASON_CHARACTERS]}…"
