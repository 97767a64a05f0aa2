"""What becomes of a run that was killed, stopped or failed: settled from its target, gone on with, or given up."""
