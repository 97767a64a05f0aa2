"""Dead letters: grouped by what failed alike, restored, set beside their originals, and sent home."""
