"""The live view of topics: a tail that fills a bounded ring of rows, and the filter over it."""
