"""Pure functions on arrays: areas, bootstrap, pooling."""
