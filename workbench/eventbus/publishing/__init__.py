"""Publishing: an event is validated, stamped, routed, encoded and written; batches and transactions of events."""
