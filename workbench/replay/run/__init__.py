"""The run of a replay: admission, preparation of the target, sending in batches, and the ledger rows."""
