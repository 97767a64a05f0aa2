"""Wolverine as a convention with code: its selectors are in builtin.toml, the span is in a header of its own."""

from __future__ import annotations

from workbench.decoding.conventions.convention import ConventionCode, TraceHeaders

# ``parent-id`` is the W3C activity id of the sender, also on records that another convention wins.
CODE = ConventionCode("wolverine", trace=TraceHeaders(("parent-id",), "traceparent", where_matched=True))
