"""The prefix by which the headers of replays are known."""

from __future__ import annotations

X_REPLAY = b"x-replay"
"""Prefix of every header name that a replay writes."""
