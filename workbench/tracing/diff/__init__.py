"""Diff of traces or of sets of traces: by structure, by latency and by payload (`docs/tracing.md` 8)."""
