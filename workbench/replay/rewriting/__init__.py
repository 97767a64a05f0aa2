"""Rewrites records before they are sent: edits, new ids, trace context, schema ids, removed headers."""
