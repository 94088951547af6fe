"""Words that tables commonly use, for the draft of a mapping alone: whoever reads the draft decides."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

#: What columns are called, by what they may be: any of these words among those of the name.
ROLES: Mapping[str, frozenset[str]] = {
    "patient": frozenset({"patient", "patientid", "mrn", "subject", "subjectid", "pid", "participant", "person"}),
    "study": frozenset({"study", "studyid", "accession", "acc", "exam", "examination", "visit"}),
    "image": frozenset({"image", "imageid", "img", "file", "filename", "path", "filepath", "dicom", "png", "jpg"}),
    "age": frozenset({"age", "alter", "edad", "years"}),
    "sex": frozenset({"sex", "gender", "geschlecht", "sexe", "sexo"}),
    "race": frozenset({"race", "ethnicity", "ethnic", "ethnie", "raza"}),
    "view": frozenset({"view", "projection", "viewposition"}),
    "scanner": frozenset({"scanner", "device", "manufacturer", "model", "machine"}),
    "site": frozenset({"site", "hospital", "institution", "clinic"}),
    "camera": frozenset({"camera", "device"}),
    "split": frozenset({"split", "set", "fold", "subset", "partition"}),
}
_POSITIVE = {"1", "1.0", "yes", "y", "true", "t", "positive", "pos", "present", "ja", "j", "oui", "si", "sí", "sim"}
_NEGATIVE = {"0", "0.0", "no", "n", "false", "f", "negative", "neg", "absent", "nein", "non", "nao", "não"}
_SILENT = {
    "", "na", "n/a", "nan", "none", "null", "?", "-", "u", "unk", "unknown", "not known", "not recorded",
    "not reported", "not assessed", "unspecified", "declined", "patient declines", "patient declined", "refused",
    "unable to obtain", "-1", "-1.0", "uncertain", "missing", "unbekannt", "inconnu", "desconocido",
}  # fmt: skip
_SPLITS = {
    "train": "train", "training": "train", "fit": "train", "val": "val", "valid": "val", "validation": "val",
    "dev": "val", "tune": "val", "test": "test", "testing": "test", "holdout": "test",
}  # fmt: skip
_SEX = {
    "F": {"f", "female", "w", "woman", "weiblich", "frau", "féminin", "femme", "mujer"},
    "M": {"m", "male", "man", "männlich", "mann", "masculin", "homme", "hombre"},
}
_RACE = {"caucasian": "White", "african": "Black", "europid": "White"}


def tokens(name: str) -> tuple[str, ...]:
    """The words of a column's name, small: of ``PatientSex_DICOM`` patient, sex, dicom."""
    parted = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", parted.lower()))


#: What is said of patients, and what of an event is no id of it: columns of these are called after both.
_OF_PATIENTS, _OF_EVENTS = ("age", "sex", "race"), {"date", "time", "type", "description"}


def fits(name: str, role: str) -> bool:
    """Whether a column is called like a role, and not like another that says more ("patient_age")."""
    known, said = ROLES.get(role, frozenset({role})), set(tokens(name))
    if role in _OF_PATIENTS:
        return bool(said & known)
    others = frozenset().union(*(ROLES[other] for other in _OF_PATIENTS), _OF_EVENTS)
    return bool((said | {"".join(tokens(name))}) & known) and not said & others


def is_silent(word: str) -> bool:
    """Whether a word says that nothing is known."""
    return word.lower() in _SILENT


def finding(word: str) -> str | None:
    """ "positive", "negative" or "unknown"; None for a word of another kind."""
    small = word.lower()
    if small in _POSITIVE:
        return "positive"
    if small in _NEGATIVE:
        return "negative"
    return "unknown" if is_silent(word) else None


def split(word: str) -> str | None:
    """The split that a word stands for."""
    return _SPLITS.get(word.lower())


def group(word: str, groups: Collection[str]) -> str | None:
    """The one group that a word may stand for: it is its name, has its name in it, or is its first letter."""
    small, said = word.lower(), tokens(word)
    for name in groups:
        if small == name.lower() or small in _SEX.get(name, ()):
            return name
    # "White Hispanic" is more than white, "white, not Hispanic" is not.
    if "hispanic" in said and not {"not", "non"} & set(said):
        return None
    meant = {name for name in groups if name.lower() in said}
    meant |= {_RACE[token] for token in said if _RACE.get(token) in groups}
    if not meant and len(word) == 1:
        meant = {name for name in groups if name.lower().startswith(small)}
    return meant.pop() if len(meant) == 1 else None


def years(word: str) -> int | None:
    """The age behind "90+", ">89" or "89 and over": the youngest that it says."""
    said = re.fullmatch(r"(>=?|≥)?\s*(\d{1,3})\s*(\+|y|yrs?|years?|and over|or older)?", word.strip().lower())
    if not said or not (said[1] or said[3]):
        return None
    return int(said[2]) + (said[1] == ">")


def sharing(name: str, words: Iterable[str]) -> bool:
    """Whether all these words are among those of a column's name."""
    return set(words) <= set(tokens(name))
