"""The plan of a replay: its making, its estimates, its batches and rates, and the dry run."""
