"""The run of a replay: admission, preparation of the target, batches, pace, sending, and the journal of it."""
