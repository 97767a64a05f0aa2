"""Connections to the brokers of one cluster: sockets, TLS and SASL, metadata, deadlines, retries, errors."""
