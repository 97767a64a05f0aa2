"""What takes a run back as far as a log allows."""
