"""The proof of a replay: what arrived, compared with what was sent; the report, and how to undo a run."""
