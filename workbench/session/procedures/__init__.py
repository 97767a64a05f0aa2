"""Runs sequences of several calls, as the commands ``demo`` and ``replay`` need them."""
