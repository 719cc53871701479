"""Points and polygons, standard library only."""
