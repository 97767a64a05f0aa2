"""Text and HTML: the one escaping writer of each."""
