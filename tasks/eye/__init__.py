"""Fundus photographs: diseases of the retina and the optic nerve, and how well sex can be read."""

from bench.task import Task


class Eye(Task):
    """Diseases of the eye on color fundus photographs.

    No public set records race, so that ``protected`` is sex, which no ophthalmologist can tell from a fundus and a
    network can (Poplin et al., Nature Biomedical Engineering 2018).
    """

    name = "eye"
    summary = "diabetic retinopathy, glaucoma, cataract, macular degeneration and more on color fundus photographs"
    targets = (
        "diabetic_retinopathy",
        "glaucoma",
        "cataract",
        "amd",
        "hypertensive_retinopathy",
        "myopia",
        "no_finding",
    )
    no_finding = "no_finding"
    attributes = {"sex": ("F", "M")}  # noqa: RUF012 - declared ClassVar by Task
    protected = "sex"
    covariates = ("eye", "camera")
    image_size = 224
    channels = 3
    backbone = "resnet18"
    dataset = "odir5k"
