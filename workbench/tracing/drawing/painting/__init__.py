"""How drawings are painted: paths, texts and legends, the same for the live view and for SVG."""
