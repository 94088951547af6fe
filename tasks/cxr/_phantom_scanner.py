"""The machines that chest radiographs are taken with."""

from __future__ import annotations

from collections.abc import Mapping

from bench.phantom import Exposure, Scanner

#: Of the thickest soft tissue one photon in twenty comes through. The marker lies beside the patient's left shoulder.
EXPOSURE = Exposure(depth=3.0, center=0.46, width=0.95, marker=(0.10, 0.90))

#: Two sites of two machines each: digital and portable in the north, computed and digital in the south. The windows
#: differ most: the north shows lungs bright and with contrast, the south dark and flat, so that a network from either
#: loses something at the other.
SCANNERS: Mapping[str, Scanner] = {
    "north DR": Scanner(1.0, 0.004, 0.0125, 0.02, 1.06, -0.115, 0.02, True),
    "north portable": Scanner(1.1, 0.008, 0.017, 0.06, 1.17, -0.095, 0.05, True),
    "south CR": Scanner(0.85, 0.014, 0.015, 0.05, 1.49, 0.095, 0.0, False),
    "south DR": Scanner(0.92, 0.009, 0.012, 0.03, 1.27, 0.115, 0.06, False),
}
