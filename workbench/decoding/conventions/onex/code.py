"""ONEX as a convention with code."""

from __future__ import annotations

from workbench.decoding.conventions.convention import ConventionCode, DeadLetterBody, TraceHeaders
from workbench.decoding.conventions.onex.dead_letters import LETTERS
from workbench.decoding.conventions.onex.shapes import NAME, onex_conventions
from workbench.decoding.conventions.selectors import Selector

CODE = ConventionCode(
    NAME,
    variants=onex_conventions,
    # Its least certain body shape has the members of a contract event, which says more.
    unless="contract",
    repeated={"correlation_id": "correlation_id"},
    # Events have an id in the header and often another in the body; causes may name either.
    linked_header=Selector("header", "message_id"),
    uuids_only=True,
    trace=TraceHeaders(("trace_id", "span_id", "parent_span_id"), "ids"),
    dead_letters=DeadLetterBody(LETTERS),
)
