"""Checks and starts programs on this machine: packages, Java, a local Kafka, JupyterLab."""
