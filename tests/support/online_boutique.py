"""Spans of a running micro-service shop (Online Boutique, 2022): where they lie."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-boutique-2022-08-22" / "spans.csv.gz"
