"""Frame in, plotly figure out; graph in, positions out."""
