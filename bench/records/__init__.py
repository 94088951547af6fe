"""What a run leaves behind, and reading it back."""

from bench.records.hashes import identity, keyed_hashes, patient_key
from bench.records.query import ANY, PROTECTED, Scores
from bench.records.run_record import (
    BASELINE,
    SCHEMA_VERSION,
    Attrition,
    Cell,
    Cost,
    DataInfo,
    MethodInfo,
    RunRecord,
    TaskInfo,
    TrainingInfo,
)
from bench.records.score import FEATURES, MACRO, OUTPUTS, Score
from bench.records.score_file import Head, Place, ScoreFile, Unit
from bench.records.store import (
    RUN,
    Record,
    folders,
    influence_path,
    parse,
    path_of,
    read,
    read_all,
    score_path,
    write_run,
    write_scores,
)

__all__ = [
    "ANY",
    "BASELINE",
    "FEATURES",
    "MACRO",
    "OUTPUTS",
    "PROTECTED",
    "RUN",
    "SCHEMA_VERSION",
    "Attrition",
    "Cell",
    "Cost",
    "DataInfo",
    "Head",
    "MethodInfo",
    "Place",
    "Record",
    "RunRecord",
    "Score",
    "ScoreFile",
    "Scores",
    "TaskInfo",
    "TrainingInfo",
    "Unit",
    "folders",
    "identity",
    "influence_path",
    "keyed_hashes",
    "parse",
    "path_of",
    "patient_key",
    "read",
    "read_all",
    "score_path",
    "write_run",
    "write_scores",
]
