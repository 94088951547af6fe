"""Pure functions on arrays: areas under curves, metrics, bootstrap, influence, pooling over seeds, Pareto fronts."""
