"""The proof of a replay: verification of the delivery, the report, and help for undoing a run."""
