"""The batches of a run: entered in the journal, sent at their pace, and their ends."""
