"""Where time went: the path of a call through its spans, time of their own, waiting in topics and processing."""
