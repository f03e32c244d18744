"""Make the frozen X-ray table of `simulate dxa` from spekpy and xraydb (development only).

    pip install spekpy==2.5.4 xraydb==4.5.8
    python -m benchmarks.make_xray_table bonescan/simulate/xray_table.csv

Neither package is needed at run time. Photon numbers behind the filters come from
spekpy (model "kqp", anode angle as given, bins of 0.5 keV), mass attenuation from xraydb's
Elam tables. A photon counts as low or high by where its measured energy falls: the
energy resolution of the detector moves some to the other side of the threshold.
"""

from __future__ import annotations

import sys
from math import erf, sqrt
from pathlib import Path

import numpy as np

# Mass fractions: hydroxyapatite Ca10(PO4)6(OH)2 from its formula; muscle and adipose tissue of
# ICRU Report 44 (1989).
ATOMIC = {"H": 1.008, "O": 15.999, "P": 30.974, "Ca": 40.078}
FORMULA = {"Ca": 10, "P": 6, "O": 26, "H": 2}
MUSCLE = {
    "H": 0.102, "C": 0.143, "N": 0.034, "O": 0.710, "Na": 0.001, "P": 0.002, "S": 0.003,
    "Cl": 0.001, "K": 0.004,
}  # fmt: skip
ADIPOSE = {
    "H": 0.114, "C": 0.598, "N": 0.007, "O": 0.278, "Na": 0.001, "S": 0.001, "Cl": 0.001,
}  # fmt: skip
WATER = {"H": 0.1119, "O": 0.8881}

# name: kVp, anode angle in degrees, filters in mm, threshold and resolution (FWHM) in keV
SOURCES = {
    # ideal detectors, for the known answers
    "ce": (76.0, 12.0, (("Al", 2.5), ("Ce", 0.59)), 40.4, 0.0),
    "sm": (100.0, 12.0, (("Al", 2.5), ("Sm", 0.5)), 46.8, 0.0),
    # the device on the day when its phantom was scanned ...
    "calibration": (76.0, 12.0, (("Al", 2.5), ("Ce", 0.59)), 40.4, 3.0),
    # ... and on the day of the exams: the tube drifted and aged, the threshold moved
    "exam": (76.4, 12.0, (("Al", 2.6), ("Ce", 0.59)), 40.43, 3.1),
}
FWHM_PER_SD = 2.354820045
FIRST_KEV, LAST_KEV, STEP_KEV = 18.0, 100.0, 0.5


def main() -> None:
    """Write the table."""
    import spekpy
    import xraydb

    energy = np.arange(FIRST_KEV, LAST_KEV, STEP_KEV) + STEP_KEV / 2  # spekpy's own bins
    total = sum(ATOMIC[el] * n for el, n in FORMULA.items())
    apatite = {el: ATOMIC[el] * n / total for el, n in FORMULA.items()}
    columns: dict[str, np.ndarray] = {"energy_kev": energy}
    notes = []
    for name, material in (
        ("hydroxyapatite", apatite), ("muscle", MUSCLE), ("adipose", ADIPOSE), ("water", WATER),
    ):  # fmt: skip
        columns[f"{name}_cm2_g"] = sum(
            part * xraydb.mu_elam(el, energy * 1e3) for el, part in material.items()
        )
    for name, (kvp, angle, filters, threshold, fwhm) in SOURCES.items():
        tube = spekpy.Spek(kvp=kvp, th=angle, dk=STEP_KEV)
        for material, mm in filters:
            tube.filter(material, mm)
        at, number = tube.get_spectrum(edges=False)
        photons = np.interp(energy, at, number, left=0.0, right=0.0)
        ugy = (
            tube.get_kerma() / (number.sum() * STEP_KEV) * 100.0 * 1e6
        )  # per million photons a mm2
        sd = fwhm / FWHM_PER_SD
        low = np.array(
            [0.5 * (1 + erf((threshold - e) / sd / sqrt(2))) if sd else e < threshold
             for e in energy], dtype=float,
        )  # fmt: skip
        photons = photons / photons.sum()
        columns[f"{name}_low"] = photons * low
        columns[f"{name}_high"] = photons * (1 - low)
        plates = " + ".join(f"{mm} mm {m}" for m, mm in filters)
        notes.append(
            f"# {name}: {kvp} kVp, anode {angle} deg, {plates}; threshold {threshold} keV, "
            f"resolution {fwhm} keV; air kerma {ugy:.2f} uGy per 10^6 photons a mm2"
        )
    lines = [
        "# made by benchmarks/make_xray_table.py with spekpy 2.5.4 (G. Poludniowski et al., Med "
        "Phys 2021;48:3630, from memory)",
        "# and xraydb 4.5.8 (W. T. Elam et al., Radiat Phys Chem 2002;63:121, from memory); "
        "photons of a source sum to 1",
        *notes,
        ",".join(columns),
    ]
    for i in range(energy.size):
        row = [f"{columns[name][i]:.6g}" for name in columns]
        lines.append(",".join(row))
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
