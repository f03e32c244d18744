"""What a model says of itself."""

from __future__ import annotations

import dataclasses
from os import PathLike
from pathlib import Path
from typing import Any

from bonescan.files.model_file import cross_validation_text, load_model
from bonescan.model.model_study import row_dict
from bonescan.model.rems_model import RemsModel, SiteModel


def show_model(path: str | PathLike[str] | None) -> tuple[dict[str, Any], str]:
    """Describe a model.

    Parameters
    ----------
    path : str, path or None
        None = the bundled one.

    Returns
    -------
    details : dict
        Plain values; no spectra and no hashes of people.
    text : str
        The sites for people.
    """
    model = load_model(None if path is None else Path(path))
    return _details(model), "\n".join(_text(site) for site in model.sites)


def _details(model: RemsModel) -> dict[str, Any]:
    form = model.form
    return {
        "model_id": model.model_id,
        "content_sha256": model.content_sha256,
        "method": model.method,
        "simulated": model.simulated,
        "dxa_maker": model.dxa_maker,
        "correction": model.correction,
        "normalisation": model.normalisation,
        "calibrated": model.calibrated,
        "devices": list(model.devices),
        "software_version": model.software_version,
        "cohort_sha256": model.cohort_sha256,
        "people": len(model.person_hashes),
        "form": {
            "fs_hz": form.fs_hz,
            "window": form.window,
            "n_fft": form.n_fft,
            "gate_samples": form.gate_samples,
            "bins": int(form.frequency_hz.size),
            "band_hz": [float(form.frequency_hz[0]), float(form.frequency_hz[-1])],
            "gate_start_mm": list(form.gate_start_mm),
            "group_size": form.group_size,
        },
        "sites": {site.site: _site(site) for site in model.sites},
    }


def _site(site: SiteModel) -> dict[str, Any]:
    ranges = {
        f.name: list(getattr(site, f.name)) for f in dataclasses.fields(site) if "_range_" in f.name
    }
    return {
        "primary": site.primary,
        "informative": list(site.informative),
        "reference_id": site.reference_id,
        "people": site.n_people,
        "osteoporotic": site.n_osteoporotic,
        "normal": site.n_normal,
        "sexes": list(site.sexes),
        "ethnicities": None if site.ethnicities is None else list(site.ethnicities),
        "includes_pregnancy": site.includes_pregnancy,
        **ranges,
        "cross_validation": {row.estimator: row_dict(row) for row in site.cross_validation},
    }


def _text(site: SiteModel) -> str:
    head = (
        f"\n{site.site}: {site.n_people} people ({', '.join(site.sexes)}), {site.n_osteoporotic} "
        f"with T <= -2.5, {site.n_normal} with T >= -1.0 ({site.reference_id}); leads: "
        f"{site.primary}; better than age, BMI and sex: {', '.join(site.informative) or 'none'}"
    )
    return f"{head}\n{cross_validation_text(site.cross_validation)}"
