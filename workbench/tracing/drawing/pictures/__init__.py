"""One module for each kind of picture besides the graph: where its parts stand, and the table of the same facts."""
