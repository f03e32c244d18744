"""One trained model on made-up spectra, and the bundled one, for all tests of this room."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.files.model_file import load_model
from bonescan.model.rems_model import FEMORAL_NECK, LUMBAR_SPINE, RemsModel
from bonescan.rems.train import train_site

from .phantoms import FORM, REFERENCE, bone_frames, made_up_exam, rems_model


@pytest.fixture(scope="session")
def bundled() -> RemsModel:
    return load_model(None)


@pytest.fixture(scope="session")
def made_up() -> RemsModel:
    """A model of 180 made-up people, neck and spine alike, not marked as simulated."""
    exams = [made_up_exam(i) for i in range(180)]
    neck = train_site(exams, FEMORAL_NECK, FORM, REFERENCE, np.random.default_rng(1))
    spine = dataclasses.replace(neck, site=LUMBAR_SPINE, vertebra_sd_g_cm2=0.03)
    return rems_model(neck, spine)


@pytest.fixture(scope="session")
def lenient(made_up) -> RemsModel:
    """The made-up model with every spectrum valid: for phantoms that are like nobody."""
    return rems_model(*(dataclasses.replace(s, r_min_1=-1.0) for s in made_up.sites))


@pytest.fixture(scope="session")
def neck_samples() -> np.ndarray:
    """Eight frames of 128 lines with a surface 7 mm into the window."""
    rng = np.random.default_rng(7)
    across = np.linspace(-1.0, 1.0, 128)
    surface = 7.0 + 1.5 * across**2 + 0.1 * rng.standard_normal((8, 1))
    return bone_frames(surface, rng)
