"""The target of a replay: names, facts and their fetching, the topics that a run creates, and reading back."""
