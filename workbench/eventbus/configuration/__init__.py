"""The configuration of a bus: its fields, where their values come from, and the bus made from it."""
