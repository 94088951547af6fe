"""A miniature copy of every data set that is read from files, made by the tests of its reader, with whole pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.config import compose
from bench.data.cohorts.chosen import Chosen, choose
from tests.miniatures import dicom
from tests.tasks.ct import test_nlst as nlst
from tests.tasks.cxr import test_chexpert as chexpert
from tests.tasks.cxr import test_mimic_cxr as mimic
from tests.tasks.cxr import test_nih_cxr14 as nih
from tests.tasks.cxr import test_padchest as padchest
from tests.tasks.cxr import test_vindr_cxr as vindr
from tests.tasks.eye import test_brset as brset
from tests.tasks.eye import test_odir5k as odir
from tests.tasks.eye import test_papila as papila
from tests.tasks.hand import test_digital_hand_atlas as hand
from tests.tasks.mammo import test_embed as embed
from tests.tasks.skin import test_fitzpatrick17k as fitzpatrick
from tests.tasks.skin import test_ham10000 as ham
from tests.tasks.skin import test_isic2020 as isic
from tests.tasks.skin import test_milk10k as milk
from tests.tasks.skin import test_pad_ufes20 as pad

#: Patients, or what stands for them.
N = 96


@dataclass(frozen=True)
class Miniature:
    """How a copy is made, what belongs to it, and where what can be wrong.

    ``tables`` names its tables and the columns that each needs; ``words`` the table, column and a misspelt value of
    every attribute of patients. ``listed``: whether a table lists the images, so that one that is not there is told.
    """

    task: str
    name: str
    make: Callable[[Path], object]
    tables: dict[str, tuple[str, ...]]
    words: tuple[tuple[str, str, str], ...]
    options: tuple[str, ...] = ()
    listed: bool = True

    def build(self, root: Path) -> Path:
        """Make the copy, every image of it a picture of its own."""
        self.make(root)
        images = [file for file in sorted(root.rglob("*")) if file.is_file() and not file.stat().st_size]
        for number, file in enumerate(images):
            if file.suffix in (".dcm", ".dicom"):
                dicom(file)
            else:
                pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
                content = io.BytesIO()
                Image.fromarray(pixels).save(content, "PNG" if file.suffix == ".png" else "JPEG")
                file.write_bytes(content.getvalue())
        return root

    def arguments(self, root: Path) -> list[str]:
        """What to tell the command line."""
        return [f"task={self.task}", f"task.dataset={self.name}", f"task.root={root}", *self.options]

    def chosen(self, root: Path) -> Chosen:
        """The data set, ready to be read."""
        return choose(compose([*self.arguments(root), "task.image_size=16"]).task)


def _chexpert(root: Path) -> None:
    rows = [
        chexpert.image(n, sex=("Female", "Male")[n // 2 % 2], Pleural_Effusion=n % 2, No_Finding=1 - n % 2)
        for n in range(N)
    ]
    people = [chexpert.person(n, ("White", "Asian", "Black or African American")[n % 3]) for n in range(N)]
    lateral = chexpert.image(N, "view2_lateral.jpg", side="Lateral", view=None)
    people += [chexpert.person(N, "Other"), chexpert.person(N + 1, "Patient Refused")]
    more = [chexpert.image(N, Pleural_Effusion=-1), lateral, chexpert.image(N + 1, age=0)]
    chexpert.copy_of(root, rows + more, people, demographics="CHEXPERT DEMO.csv")


def _mimic(root: Path) -> None:
    images = [mimic.image(n, view=("PA", "AP")[n // 3 % 2]) for n in range(N)]
    labels = [mimic.finding(row, Pleural_Effusion=n % 2, No_Finding=1 - n % 2) for n, row in enumerate(images)]
    races = ("WHITE", "BLACK/AFRICAN AMERICAN", "ASIAN - CHINESE", "HISPANIC/LATINO", "UNKNOWN")
    people = [mimic.person(n, races[n % 5], "FM"[n // 2 % 2]) for n in range(N)]
    mimic.copy_of(root, [*images, mimic.image(1, 2, "LATERAL")], people, labels)


def _nih(root: Path) -> None:
    findings = ("No Finding", "Effusion", "Cardiomegaly|Infiltration", "Effusion|Mass|Pneumothorax")
    rows = [
        nih.row(f"{n:08d}_000.png", findings[n % 4], age=f"{20 + n % 70:03d}Y", sex="MF"[n // 4 % 2])
        for n in range(1, N)
    ]
    rows += [nih.row("00000001_001.png", view="LL"), nih.row("00000200_000.png", age="414")]
    nih.copy_of(root, rows)


def _padchest(root: Path) -> None:
    labels = ["['normal']", "['pleural effusion', 'cardiomegaly']", "['nodule']", "['pneumothorax', 'atelectasis']"]
    rows = [padchest.image(n, labels[n % 4], PatientSex_DICOM="FM"[n // 4 % 2]) for n in range(N)]
    rows += [padchest.image(N, "['unchanged']"), padchest.image(N + 1, Projection="L"), padchest.image(N + 2, "normal")]
    padchest.copy_of(root, rows)


def _vindr(root: Path) -> None:
    train = [
        row
        for n in range(N)
        for row in vindr.readers(
            f"t{n:03d}", *[{"Pleural_effusion": n % 2, "No_finding": 1 - n % 2}] * 2, {"Nodule": n % 3 // 2}
        )
    ]
    vindr.copy_of(root, train, [vindr.row(f"u{n:03d}", Pleural_effusion=n % 2) for n in range(20)])
    for number, file in enumerate(sorted(root.rglob("*.dicom"))):
        dicom(file, PatientSex="FM"[number // 2 % 2], PatientAge="058Y" if number % 3 else "000Y")


def _brset(root: Path) -> None:
    rows = [
        brset.row(f"img{n:05d}", str(n), str(n % 2 * 2), sex=str(1 + n // 2 % 2), amd=str(n // 4 % 2),
                  hypertensive_retinopathy=str(n // 3 % 2), myopic_fundus=str(n // 5 % 2))
        for n in range(N)
    ]  # fmt: skip
    brset.copy_of(root, [*rows, brset.row("img99999", "500", age="")])


def _odir(root: Path) -> None:
    words = (
        "glaucoma", "cataract", "dry age-related macular degeneration", "hypertensive retinopathy",
        "pathological myopia", "moderate non proliferative retinopathy", "normal fundus", "suspected glaucoma",
    )  # fmt: skip
    rows = [odir.row(str(n), words[n % 8], words[n // 8 % 8], sex=("Female", "Male")[n // 2 % 2]) for n in range(N)]
    odir.copy_of(root, [*rows, odir.row("900", "anterior segment image", "lens dust")])


def _papila(root: Path) -> None:
    od, os = (
        [(f"#{n:03d}", str(40 + n % 40), str(n // 2 % 2), str((n + k) % 9 // 4), "0.75", "") for n in range(2, N)]
        for k in (0, 1)
    )
    papila.copy_of(root, od, os, papila.plain, "csv")


def _hand(root: Path) -> None:
    paths = [f"{group}/{group}{age:02d}/{group}{age}.jpg" for group in hand.GROUPS for age in range(19)]
    hand.copy_of(root, [*paths, "ASIF/ASIF03/Thumbs.db"])


def _embed(root: Path) -> None:
    races = (
        "Caucasian or White",
        "African American  or Black",
        "Asian",
        "Multiple",
        "Unknown, Unavailable or Unreported",
    )
    findings = [
        embed.finding(str(n), str(n), "NBSA"[n % 4], side="LRB"[n % 3], severity=("", "0.0", "4.0")[n // 4 % 3],
                      ETHNICITY_DESC=races[n % 5])
        for n in range(N)
    ]  # fmt: skip
    images = [embed.image(f"i{n}{side}", str(n), str(n), side) for n in range(N) for side in "LR"]
    images += [embed.image("cv", "0", "0", FinalImageType="cview"), embed.image("sp", "0", "0", spot_mag="1")]
    embed.copy_of(root, findings, images)


def _nlst(root: Path) -> None:
    rows = [
        nlst.row(str(n), race=("1", "2", "3", "6", "99")[n % 5], gender=str(1 + n // 2 % 2),
                 res=(str(1 + n % 6), "1", "1"), can_scr=str(n // 3 % 2), candx_days="100" if n // 3 % 2 else "")
        for n in range(N)
    ]  # fmt: skip
    nlst.copy_of(root, rows, *(nlst.scan(row["pid"], slices=2) for row in rows))


def _fitzpatrick(root: Path) -> None:
    labels = ("benign", "malignant", "non-neoplastic")
    rows = [fitzpatrick.row(f"{n:032x}", str(1 + n // 3 % 6), labels[n % 3]) for n in range(N)]
    fitzpatrick.copy_of(root, [*rows, fitzpatrick.row("f" * 32, "-1")])


def _ham(root: Path) -> None:
    rows = [
        ham.row(f"ISIC_{n:07d}", f"HAM_{n}", ("nv", "mel", "bcc", "bkl")[n % 4], sex=("male", "female")[n // 4 % 2])
        for n in range(N)
    ]
    ham.copy_of(root, [*rows, ham.row("ISIC_9999999", "HAM_0", sex="unknown")])


def _isic(root: Path) -> None:
    rows = [isic.row(f"ISIC_{n:07d}", f"IP_{n}", str(n % 2), sex=("male", "female")[n // 2 % 2]) for n in range(N)]
    isic.copy_of(root, rows, [("ISIC_0000001", "ISIC_0000003")])


def _milk(root: Path) -> None:
    rows = [row for n in range(N) for row in milk.pair(f"IL_{n}", str(n // 2 % 6))]
    milk.copy_of(root, rows, milk.truth(**{f"IL_{n}": ("BCC", "NV")[n % 2] for n in range(N)}))


def _pad(root: Path) -> None:
    rows = [
        pad.row(f"PAT_{n}.png", f"PAT_{n}", ("BCC", "NEV", "MEL", "ACK")[n % 4], f"{1 + n // 4 % 6}.0",
                ("FEMALE", "MALE")[n // 2 % 2])
        for n in range(N)
    ]  # fmt: skip
    pad.copy_of(root, [*rows, pad.row("PAT_900.png", "PAT_900", "NEV", "", "", "False")])


_SEX = ("task.protected=sex",)
_EFFUSION = "task.targets=[effusion,no_finding]"
MINIATURES = (
    Miniature(
        "cxr", "chexpert", _chexpert,
        {"train.csv": ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", "Pleural Effusion"),
         "CHEXPERT DEMO.csv": ("PATIENT", "PRIMARY_RACE", "ETHNICITY")},
        (("CHEXPERT DEMO.csv", "PRIMARY_RACE", "Blak or African American"), ("train.csv", "Sex", "Femal")),
        (_EFFUSION,),
    ),
    Miniature(
        "cxr", "mimic_cxr", _mimic,
        {"mimic-cxr-2.0.0-metadata.csv.gz": ("dicom_id", "subject_id", "study_id", "ViewPosition", "StudyDate"),
         "mimic-cxr-2.0.0-chexpert.csv.gz": ("study_id", "Pleural Effusion"),
         "mimic-cxr-2.0.0-split.csv.gz": ("dicom_id", "split"),
         "mimic-iv/hosp/admissions.csv.gz": ("subject_id", "race"),
         "mimic-iv/hosp/patients.csv.gz": ("subject_id", "gender", "anchor_age", "anchor_year")},
        (("mimic-iv/hosp/admissions.csv.gz", "race", "BLAK/AFRICAN"),
         ("mimic-iv/hosp/patients.csv.gz", "gender", "Female")),
        (_EFFUSION,),
    ),
    Miniature(
        "cxr", "nih_cxr14", _nih,
        {"Data_Entry_2017_v2020.csv": ("Image Index", "Finding Labels", "Patient ID", "Patient Age", "Patient Gender")},
        (("Data_Entry_2017_v2020.csv", "Patient Gender", "Male"),),
        (*_SEX, "task.targets=[effusion,cardiomegaly,no_finding]"),
    ),
    Miniature(
        "cxr", "padchest", _padchest,
        {padchest.NAME: ("ImageID", "PatientID", "PatientSex_DICOM", "Projection", "Labels")},
        ((padchest.NAME, "PatientSex_DICOM", "Female"),),
        (*_SEX, "task.targets=[effusion,cardiomegaly,nodule,no_finding]"),
    ),
    Miniature(
        "cxr", "vindr_cxr", _vindr,
        {"annotations/image_labels_train.csv": ("image_id", "rad_id", "Pleural effusion"),
         "annotations/image_labels_test.csv": ("image_id", "No finding")},
        (), (*_SEX, _EFFUSION),
    ),
    Miniature(
        "eye", "brset", _brset, {"labels_brset.csv": ("image_id", "patient_id", "patient_sex", "DR_ICDR", "drusens")},
        (("labels_brset.csv", "patient_sex", "3"),),
    ),
    Miniature(
        "eye", "odir5k", _odir, {"full_df.csv": ("ID", "Patient Age", "Patient Sex", "Left-Fundus", odir.LEFT)},
        (("full_df.csv", "Patient Sex", "Femal"),),
    ),
    Miniature(
        "eye", "papila", _papila,
        {"ClinicalData/patient_data_od.csv": ("ID", "Age", "Gender", "Diagnosis"),
         "ClinicalData/patient_data_os.csv": ("ID", "Age", "Gender", "Diagnosis")},
        (("ClinicalData/patient_data_od.csv", "Gender", "2"),),
    ),
    Miniature("hand", "digital_hand_atlas", _hand, {}, (), listed=False),
    Miniature(
        "mammo", "embed", _embed,
        {embed.CLINICAL: ("empi_anon", "acc_anon", "asses", "path_severity", "ETHNICITY_DESC"),
         embed.METADATA: ("anon_dicom_path", "acc_anon", "FinalImageType", "ImageLateralityFinal")},
        ((embed.CLINICAL, "ETHNICITY_DESC", "African America or Black"),),
    ),
    Miniature(
        "ct", "nlst", _nlst, {nlst.TABLE: ("pid", "race", "gender", "age", "can_scr", "candx_days", "scr_res0")},
        ((nlst.TABLE, "race", "8"), (nlst.TABLE, "gender", "3")), listed=False,
    ),
    Miniature(
        "skin", "fitzpatrick17k", _fitzpatrick,
        {"fitzpatrick17k.csv": ("md5hash", "fitzpatrick_scale", "three_partition_label")},
        (("fitzpatrick17k.csv", "fitzpatrick_scale", "7"),),
    ),
    Miniature(
        "skin", "ham10000", _ham, {"HAM10000_metadata.csv": ("lesion_id", "image_id", "dx", "age", "sex")},
        (("HAM10000_metadata.csv", "sex", "mal"),), _SEX,
    ),
    Miniature(
        "skin", "isic2020", _isic,
        {isic.TABLE: ("image_name", "patient_id", "sex", "age_approx", "target"),
         isic.DUPLICATES: ("image_name_1", "image_name_2")},
        ((isic.TABLE, "sex", "femal"),), _SEX,
    ),
    Miniature(
        "skin", "milk10k", _milk,
        {milk.METADATA: ("isic_id", "lesion_id", "image_type", "skin_tone_class", "sex"),
         milk.TRUTH: ("lesion_id", "MEL")},
        ((milk.METADATA, "skin_tone_class", "6"), (milk.METADATA, "sex", "femal")),
    ),
    Miniature(
        "skin", "pad_ufes20", _pad,
        {"metadata.csv": ("img_id", "patient_id", "diagnostic", "gender", "fitspatrick")},
        (("metadata.csv", "fitspatrick", "7"), ("metadata.csv", "gender", "FEMAL")),
    ),
)  # fmt: skip
