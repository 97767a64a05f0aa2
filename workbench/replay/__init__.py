"""Selecting, planning, guarding, running and proving a replay."""
