"""One module per delivered format: bytes in, values and problems out."""
