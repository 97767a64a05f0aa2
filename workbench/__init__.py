"""A Jupyter workbench for event buses: capture, follow, measure and replay what runs through Kafka and Redpanda."""

__version__ = "0.1.0"
