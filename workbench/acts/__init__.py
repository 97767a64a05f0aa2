"""Acts on a cluster: topics, settings, records and offsets are changed only as planned, shown, typed and journaled."""
