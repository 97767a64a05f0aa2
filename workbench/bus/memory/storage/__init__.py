"""The data of a partition: sealed Arrow batches, and the open tail of rows."""
