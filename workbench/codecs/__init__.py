"""Bytes to envelope: profiles as data, and the exact per-record codec."""
