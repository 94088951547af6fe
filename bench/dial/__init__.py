"""``bench dial``: each score against the strength of one association of a phantom."""

from bench.dial.curves import Curve, Point, curves
from bench.dial.request import Request, read

__all__ = ["Curve", "Point", "Request", "curves", "read"]
