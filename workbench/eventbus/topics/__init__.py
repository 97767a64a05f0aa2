"""Topics of a bus: creating and describing them, reading by position, and the offsets of consumer groups."""
