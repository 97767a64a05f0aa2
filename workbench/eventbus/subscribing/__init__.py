"""Subscribing: members of consumer groups, delivery of events to handlers, and commits after handling."""
