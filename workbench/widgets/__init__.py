"""Widget models, each with one ES module."""
