"""Reads the options of a plan, and its changes of headers, as they are typed on the command line."""

from __future__ import annotations

from typing import Any


def plan_options(given: list[str] | None) -> dict[str, Any]:
    """Read the options of a plan, written as name=value."""
    from workbench.errors import ConfigurationError

    options: dict[str, Any] = {}
    for text in given or []:
        name, found, value = text.partition("=")
        if not found:
            raise ConfigurationError(f"--option {text!r} is not written as name=value.")
        name = name.replace("-", "_")
        options[name] = None if name in _LIMITS and value.lower() == "none" else _LISTS.get(name, _value)(value)
    return options


def header_changes(given: list[str] | None, removed: list[str] | None, renamed: list[str] | None) -> dict[str, Any]:
    """Read the changes of headers; empty where there is none."""
    changes = {
        "set": dict(name_pairs("--set-header", given)),
        "remove": removed,
        "rename": dict(name_pairs("--rename-header", renamed)),
    }
    return {name: change for name, change in changes.items() if change}


def name_pairs(option: str, given: list[str] | None, form: str = "NAME=TEXT") -> list[tuple[str, str]]:
    """Read the values of an option that are written as a name and a text."""
    from workbench.errors import ConfigurationError

    pairs = [text.partition("=") for text in given or []]
    for name, found, value in pairs:
        if not found or not name:
            raise ConfigurationError(f"{option} {name + found + value!r} is not written as {form}.")
    return [(name, value) for name, _, value in pairs]


def _value(text: str) -> Any:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return int(text) if text.isascii() and text.isdigit() else text


def _ids(text: str) -> Any:
    """Read a word, or new schema ids by old ones such as ``17:4,3:9``."""
    return _partitions(text) if ":" in text else _value(text)


def _partitions(text: str) -> Any:
    """Read a policy, or a map such as ``0:1,1:0``."""
    pairs = [pair.partition(":") for pair in text.split(",")]
    return {source: target for source, _, target in pairs} if ":" in text else text


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


_LIMITS = frozenset({"records_per_s", "bytes_per_s", "ramp_s", "speed", "max_gap_ms", "brake_lag"})
"""Options that ``none`` leaves out; elsewhere it is a word, such as that of no compression."""
_LISTS = {
    **dict.fromkeys(("accept_groups", "brake_groups", "brake_topics", "also", "clean_headers"), _names),
    "partitions": _partitions,
    "schema_ids": _ids,
}
"""Options whose values are lists or maps, with the function that reads them."""
