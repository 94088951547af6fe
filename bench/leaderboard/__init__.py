"""Records into leaderboards."""

from bench.leaderboard.building import build
from bench.leaderboard.ranks import EDITION

__all__ = ["EDITION", "build"]
