"""Synthetic images as DICOM data sets: the tags that radiographs and photographs come with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    VLPhotographicImageStorage,
    generate_uid,
)

from bench.data.pixels.sources import Shape

#: Radiographs are of 12 bits: the 256 values that are rendered lie on a grid of 4,096.
_BITS = 12
_WHITE = 2**_BITS - 1
#: Side of the film, in millimetres: a chest's.
_FILM = 400
#: One study in so many is stored as MONOCHROME1, as by some makers' detectors.
_INVERTED = 3


class Kind(NamedTuple):
    """What is the same for all images of an export; ``entropy`` makes its identifiers its own."""

    entropy: str
    modality: str
    body_part: str


def made(row: Mapping[Any, Any], pixels: np.ndarray, kind: Kind) -> Dataset:
    """The data set of one image, ``(H, W)`` or ``(H, W, 3) uint8``, and of its row in the cohort's table.

    Radiographs are Digital X-Ray objects, or Computed Radiography where the ``scanner`` says CR; images in colour are
    VL Photographic; all else is Secondary Capture of the task's modality. Identifiers follow from names alone.
    """
    dataset = Dataset()
    _patient(dataset, row)
    _study(dataset, row, kind)
    if pixels.ndim == 3:
        _colour(dataset, pixels)
    else:
        _grey(dataset, pixels, inverted=_is_inverted(row["study"]))
        _acquisition(dataset, row, kind)
    dataset.SOPInstanceUID = _instance(row, pixels.shape, kind)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def is_whole(file: Path, row: Mapping[Any, Any], shape: Shape, kind: Kind) -> bool:
    """Whether a file is there, of this image, with all its pixels."""
    try:
        found = pydicom.dcmread(file, specific_tags=["SOPInstanceUID", "PixelData"])
        length = int(np.prod(shape)) * (1 if len(shape) == 3 else 2)
        return found.SOPInstanceUID == _instance(row, shape, kind) and len(found.PixelData) == length + length % 2
    except Exception:  # what is torn makes pydicom raise all there is
        return False


def _instance(row: Mapping[Any, Any], shape: Shape, kind: Kind) -> str:
    return _uid(kind, "image", row["image"], str(tuple(shape)))


def _uid(kind: Kind, *names: str) -> str:
    return generate_uid(entropy_srcs=["mitigation-bench", kind.entropy, *names])


def _is_inverted(study: str) -> bool:
    return hashlib.sha256(study.encode()).digest()[0] % _INVERTED == 0


def _patient(dataset: Dataset, row: Mapping[Any, Any]) -> None:
    age = row.get("age")
    dataset.PatientName = f"Synthetic^{row['patient']}"
    dataset.PatientID = row["patient"]
    dataset.PatientBirthDate = ""
    dataset.PatientSex = row.get("sex") if row.get("sex") in ("F", "M") else ""
    dataset.PatientAge = f"{age:03.0f}Y" if age is not None and 0 <= age <= 999 else None
    if isinstance(race := row.get("race"), str):
        dataset.EthnicGroup = race[:16]
    dataset.PatientIdentityRemoved, dataset.DeidentificationMethod = "YES", "Synthetic: no patient exists"


def _study(dataset: Dataset, row: Mapping[Any, Any], kind: Kind) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StudyInstanceUID = _uid(kind, "study", row["study"])
    dataset.SeriesInstanceUID = _uid(kind, "series", row["image"])
    dataset.StudyID = dataset.AccessionNumber = dataset.StudyDate = dataset.StudyTime = ""
    dataset.ReferringPhysicianName = ""
    dataset.SeriesNumber, dataset.InstanceNumber = None, 1
    dataset.Manufacturer = "mitigation-bench (synthetic images)"
    if isinstance(scanner := row.get("scanner"), str):
        dataset.ManufacturerModelName = scanner
    if isinstance(site := row.get("site"), str):
        dataset.InstitutionName = f"{site} (synthetic)"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.ImageComments = "Synthetic image of a synthetic patient"
    dataset.BurnedInAnnotation, dataset.LossyImageCompression = "NO", "00"


def _acquisition(dataset: Dataset, row: Mapping[Any, Any], kind: Kind) -> None:
    """What says how a grey image was taken: the modules of its kind of object."""
    dataset.Modality, dataset.BodyPartExamined = kind.modality, kind.body_part
    if kind.modality != "DX":
        dataset.SOPClassUID, dataset.ConversionType = SecondaryCaptureImageStorage, "SYN"
        return
    view = str(row.get("view"))
    dataset.ViewPosition = view if re.fullmatch("[A-Z0-9 _]{1,16}", view) else ""
    dataset.PatientOrientation = ["L", "F"] if view in ("AP", "PA") else ""
    dataset.ImagerPixelSpacing = [f"{_FILM / dataset.Rows:.6g}", f"{_FILM / dataset.Columns:.6g}"]
    if re.search(r"\bCR\b", str(row.get("scanner"))):
        dataset.SOPClassUID, dataset.Modality = ComputedRadiographyImageStorage, "CR"
        return
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageLaterality, dataset.DetectorType = "U", ""
    dataset.AnatomicRegionSequence, dataset.AcquisitionContextSequence = [], []


def _grey(dataset: Dataset, pixels: np.ndarray, inverted: bool) -> None:
    """12 bits in 16, with the window that shows all of them; inverted, white is stored as zero."""
    stored = np.rint(pixels / 255 * _WHITE).astype("<u2")
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME1" if inverted else "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, _BITS, _BITS - 1, 0
    # White is where few X-rays came through.
    dataset.PixelIntensityRelationship, dataset.PixelIntensityRelationshipSign = "LOG", 1 if inverted else -1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.PresentationLUTShape = "INVERSE" if inverted else "IDENTITY"
    dataset.WindowCenter, dataset.WindowWidth = str(2 ** (_BITS - 1)), str(2**_BITS)
    dataset.add_new("PixelData", "OW", (_WHITE - stored if inverted else stored).astype("<u2").tobytes())


def _colour(dataset: Dataset, pixels: np.ndarray) -> None:
    dataset.SOPClassUID, dataset.Modality = VLPhotographicImageStorage, "XC"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.AcquisitionContextSequence = []
    content = pixels.tobytes()
    dataset.add_new("PixelData", "OB", content + bytes(len(content) % 2))
