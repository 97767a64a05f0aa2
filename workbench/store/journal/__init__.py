"""Journals of replays: which records were sent, where to, and what the broker answered."""
