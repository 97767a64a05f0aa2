"""Fingerprints of failures: equal for errors of one type whose messages differ only in ids, times and numbers."""

from __future__ import annotations

import hashlib
import re

_NORMALISE = (
    ("<uuid>", re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")),
    ("<time>", re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?")),
    ("<addr>", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b")),
    ("<hex>", re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*[0-9])(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b")),
    ("<str>", re.compile(r"'[^']{41,}'|\"[^\"]{41,}\"")),
    ("<n>", re.compile(r"(?<![A-Za-z_])-?\d+(?:\.\d+)?")),
)


def normalised(message: str) -> str:
    """Return the first line of an error message with ids, times, addresses and numbers replaced by placeholders."""
    text = message.splitlines()[0] if message else ""
    for word, pattern in _NORMALISE:
        text = pattern.sub(word, text)
    return " ".join(text.split())[:300]


def fingerprint(error_type: str, message: str) -> str:
    """Return 12 hex digits of the SHA-256 of an error type and its normalised message."""
    return hashlib.sha256(f"{error_type}\n{normalised(message)}".encode()).hexdigest()[:12]
