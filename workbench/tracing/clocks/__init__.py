"""Clock offsets: what causes and effects prove about the clocks of different producers (`docs/tracing.md` 5)."""
