"""Which debiasing methods make a medical-imaging network forget a patient's race, and at what cost to the diagnosis?"""

import os

__version__ = "0.2.0"

# Before anything imports albumentations, which otherwise asks the internet for a newer version of itself.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
