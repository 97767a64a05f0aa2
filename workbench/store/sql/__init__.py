"""Reads SQL of users before it runs: one condition, or one statement that only reads tables."""
