"""Holds one open connection: its profile, record log and background tasks."""
