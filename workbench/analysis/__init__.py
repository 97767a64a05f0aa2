"""Pure functions on frames: causal graph and lag."""
