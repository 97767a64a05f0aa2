"""A public kit for tests: clock, ids, builders, fault injection."""
