"""Records into leaderboards."""

from bench.leaderboard.building import build

__all__ = ["build"]
