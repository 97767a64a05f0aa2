"""Defines raw records: one record, a chunk of records in columns, and the names of the columns."""
