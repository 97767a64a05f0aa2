"""The target of a replay: facts about its topics, how they are fetched, and the topics that a run creates."""
