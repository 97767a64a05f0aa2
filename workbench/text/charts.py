"""Escapes text for charts: plotly interprets a few tags in titles, legends and labels."""

from __future__ import annotations


def chart_text(text: str) -> str:
    """Escape what plotly would read as a tag or an entity; the text itself must be visible already."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
