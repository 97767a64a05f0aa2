"""Order in time: which type follows which, variants of flows, and how long hops usually take (`docs/tracing.md` 10)."""
