"""The plan of a replay: which records will be sent, where to, in which order, and what it will cost."""
