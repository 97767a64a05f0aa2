"""Tells whether a notebook is served as a page: its code runs on load, and every visitor may click."""

from __future__ import annotations

import os


def in_voila() -> bool:
    """Whether the kernel was started by Voila, which names itself as Jupyter Server does."""
    return os.environ.get("SERVER_SOFTWARE", "").lower().startswith("voila")
