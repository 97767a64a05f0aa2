"""Text forms of a causal graph: a tree for terminals, a Mermaid flow chart, and the labels that both use."""
