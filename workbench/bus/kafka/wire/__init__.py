"""The Kafka protocol where aiokafka's classes do not reach: requests, raw fetch answers, error codes."""
