"""Paths and constants of selectors."""

from __future__ import annotations

from workbench.decoding.conventions.selectors import parse_selector


def test_paths():
    assert parse_selector('value:meta."a.b".c').steps == ("meta", "a.b", "c")
    assert parse_selector("const:a | b").path == "a | b"
