"""Reads options as kcat writes them."""

from __future__ import annotations

from workbench.errors import ConfigurationError

_STORED = "stored"


def bounds(offsets: list[str], end: str | None) -> tuple[str, str | None]:
    """Return start and end of a window from the values of ``-o`` and ``--end``.

    ``s@1764300000000`` and ``e@1764300000000`` are times in ms since 1970; what else is given is one start.

    Raises:
        ConfigurationError: Two starts or two ends are given, a time is no number, or ``stored`` is asked for.
    """
    starts: list[str] = []
    ends = [] if end is None else [end]
    for text in offsets:
        if text == _STORED:
            raise ConfigurationError("A tail joins no group, so nothing is stored for it; write -o group:NAME.")
        into = ends if text.startswith("e@") else starts
        into.append(_time(text) if text.startswith(("s@", "e@")) else text)
    if len(starts) > 1 or len(ends) > 1:
        raise ConfigurationError(f"One start and one end can be given, not {', '.join([*starts, *ends])}.")
    return starts[0] if starts else "end", ends[0] if ends else None


def delimiter(text: str) -> str:
    r"""Return a delimiter for a layout: escapes such as ``\n`` stay, and a percent sign is one."""
    return text.replace("%", "%%")


def _time(text: str) -> str:
    from datetime import UTC, datetime, timedelta

    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text[2:]))
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{text!r} is no time: write s@1764300000000, in ms since 1970.") from None
    return f"@{moment.isoformat()}"
