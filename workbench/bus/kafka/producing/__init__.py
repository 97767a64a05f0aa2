"""Producing: record batches of format 2, idempotent and transactional producers, acknowledgements."""
