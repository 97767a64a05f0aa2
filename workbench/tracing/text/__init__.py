"""Text forms of a causal graph: a tree for terminals, Mermaid, and the words that both use."""
