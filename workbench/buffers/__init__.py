"""Arrow arrays made of slices of one buffer; what all compiled loops are built on."""
