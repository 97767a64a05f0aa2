"""The rules of a replay: refusals and warnings, each a function of the planning input."""
