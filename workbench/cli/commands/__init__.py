"""Defines one command, or one group of commands, in each module; each module has ``register(app)``."""
