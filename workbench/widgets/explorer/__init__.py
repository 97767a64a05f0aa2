"""The explorer: topics, messages, search, groups, traces and the selected record, side by side."""
