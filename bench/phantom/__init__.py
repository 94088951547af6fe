"""What phantoms share: keyed random numbers, patients, dials, race as an arrangement, texture, scanners, twins."""

from bench.phantom.acquisition import Exposure, Scanner, acquire
from bench.phantom.arrangement import Arrangement, Lean
from bench.phantom.bias import Bias
from bench.phantom.body import Features, Positioning, below, ridges
from bench.phantom.exams import exams, places
from bench.phantom.patients import Findings, Site, Visits, choose, elsewhere, mixed, scanners_used, visits
from bench.phantom.rows import (
    NO_RACE,
    Cells,
    Row,
    drawn,
    image_names,
    numbers_of,
    patient_name,
    study_names,
    twin,
)
from bench.phantom.streams import Numbers, Purpose, of_cohort, stream
from bench.phantom.texture import Octaves, Waves, cloud_gain, octave_gains

__all__ = [
    "NO_RACE",
    "Arrangement",
    "Bias",
    "Cells",
    "Exposure",
    "Features",
    "Findings",
    "Lean",
    "Numbers",
    "Octaves",
    "Positioning",
    "Purpose",
    "Row",
    "Scanner",
    "Site",
    "Visits",
    "Waves",
    "acquire",
    "below",
    "choose",
    "cloud_gain",
    "drawn",
    "elsewhere",
    "exams",
    "image_names",
    "mixed",
    "numbers_of",
    "octave_gains",
    "of_cohort",
    "patient_name",
    "places",
    "ridges",
    "scanners_used",
    "stream",
    "study_names",
    "twin",
    "visits",
]
