"""The snapshot file: connection, schema, provenance, selection."""
