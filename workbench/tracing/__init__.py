"""Causal tracing: what led to an event, what came of it, and how that is told and drawn."""
