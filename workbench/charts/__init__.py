"""Charts of plotly without a way out to the network, each with a static picture for pages that run no scripts."""
