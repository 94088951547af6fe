"""The methods and tasks that come with the benchmark: ``bench.builtin.methods.…`` and ``bench.builtin.tasks.…``.

They lie in the folders ``methods`` and ``tasks``: in a checkout beside the package, for whoever edits them; in an
installed package here, so that it puts no names as common as those two among everybody's packages. Either way they are
found by where this file lies, and a user's own ``methods`` or ``tasks.py`` does not stand before them.
"""

from pathlib import Path

_here = Path(__file__).resolve().parent
__path__ = [str(_here if (_here / "methods").is_dir() else _here.parents[1])]
