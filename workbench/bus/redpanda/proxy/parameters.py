"""Writes the media types, paths and parameters of requests to the HTTP proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from workbench.errors import ValidationError
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.bus.redpanda.proxy.records import Format

V2 = "application/vnd.kafka.v2+json"
FETCH_BYTES = 1 << 20
MAX_FETCH_BYTES = 64 << 20
MAX_WAIT_MS = 60_000


def media(form: Format) -> str:
    """Return the media type of records."""
    if form not in {"binary", "json"}:
        raise ValidationError(f"{visible(str(form), 40)!r} is no format of the HTTP proxy: it is binary or json.")
    return f"application/vnd.kafka.{form}.v2+json"


def fetch_params(max_bytes: int, timeout_ms: int) -> dict[str, str]:
    """Write the parameters that every fetch needs.

    Raises:
        ValidationError: A number is out of its range.
    """
    if not 1 <= max_bytes <= MAX_FETCH_BYTES:
        raise ValidationError(f"max_bytes is {max_bytes}; it is from 1 to {MAX_FETCH_BYTES}.")
    if not 0 <= timeout_ms <= MAX_WAIT_MS:
        raise ValidationError(f"timeout_ms is {timeout_ms}; it is from 0 to {MAX_WAIT_MS}.")
    return {"timeout": f"{timeout_ms:d}", "max_bytes": f"{max_bytes:d}"}


def topic_path(topic: str) -> str:
    """Return the path of a topic."""
    if not isinstance(topic, str) or not topic:
        raise ValidationError("A topic has a name that is not empty.")
    return f"/topics/{quote(topic, safe='')}"
