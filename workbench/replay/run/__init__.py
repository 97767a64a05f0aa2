"""The run of a replay: admission, preparation of the target, batches, control, and what follows an interruption."""
