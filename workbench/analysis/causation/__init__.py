"""The causal graph of events: causes, copies, roots, gaps."""
