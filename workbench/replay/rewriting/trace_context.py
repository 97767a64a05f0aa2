"""Keeps, strips or renews the trace context in the headers of a record."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from workbench.model import HeaderList

TracePolicy: TypeAlias = Literal["keep", "strip", "renew"]

_FAMILY = re.compile(rb"(?i:traceparent|tracestate|baggage|b3|x-b3-[a-z]+|uber-trace-id)\Z")
_OF_THE_OLD_TRACE = b"tracestate"
"""Vendors write into it what holds for one trace id, so a renewed context goes without."""
_IDS = re.compile(rb"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{16})(?![0-9a-fA-F])")
"""A trace id or a span id: every format writes them as hex digits between other signs."""
_PARENT = b"traceparent"


def is_trace_header(name: bytes) -> bool:
    """Tell whether a header belongs to a trace context."""
    return _FAMILY.match(name) is not None


def with_trace(headers: HeaderList, policy: TracePolicy, run_id: str) -> tuple[HeaderList, bytes | None]:
    """Return headers under a policy, and the trace parent that was renewed.

    A renewed context has ids that follow from the run and the old ids, so spans of one run stay related as they were.
    """
    if policy == "keep" or not any(is_trace_header(name) for name, _ in headers):
        return headers, None
    if policy == "strip":
        return tuple(header for header in headers if not is_trace_header(header[0])), None
    run = uuid.UUID(run_id)

    def renewed(found: re.Match[bytes]) -> bytes:
        old = found[0]
        if not old.strip(b"0"):
            return old
        return uuid.uuid5(run, old.decode().lower()).hex[: len(old)].encode()

    kept: list[tuple[bytes, bytes | None]] = []
    parent = None
    for name, content in headers:
        folded = name.lower()
        if folded == _OF_THE_OLD_TRACE:
            continue
        if content is None or folded == b"baggage" or not is_trace_header(name):
            kept.append((name, content))
            continue
        if folded == _PARENT:
            parent = content
        kept.append((name, _IDS.sub(renewed, content)))
    return tuple(kept), parent
