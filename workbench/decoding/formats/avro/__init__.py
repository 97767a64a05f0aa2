"""Avro: the schemas of values, made programs that a compiled reader runs."""
