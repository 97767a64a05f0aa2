"""The rules of a replay: each refusal and each warning is one function of the planning input (docs/replay-rules.md)."""
