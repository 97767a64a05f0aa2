"""Defines decoded events: the envelope of a record, the typed event of the contract, dead letters."""
