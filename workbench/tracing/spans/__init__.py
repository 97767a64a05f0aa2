"""Spans and tables from elsewhere: files of Jaeger, Zipkin and OpenTelemetry, CSV and Parquet, as rows of a graph."""
