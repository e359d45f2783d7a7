"""Network servers asked for their devices over their own interfaces, so that nobody copies a list by hand."""
