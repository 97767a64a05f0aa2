"""Panes of the explorer: topics, messages, search, groups, the selected record; from the calls of a cluster."""
