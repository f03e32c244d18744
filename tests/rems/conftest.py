"""One trained model on made-up spectra, and the bundled one, for all tests of this room."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.files.model_file import load_model
from bonescan.model.rems_model import RemsModel

from .phantoms import bone_frames


@pytest.fixture(scope="session")
def bundled() -> RemsModel:
    return load_model(None)


@pytest.fixture(scope="session")
def neck_samples() -> np.ndarray:
    """Eight frames of 128 lines with a surface 7 mm into the window."""
    rng = np.random.default_rng(7)
    across = np.linspace(-1.0, 1.0, 128)
    surface = 7.0 + 1.5 * across**2 + 0.1 * rng.standard_normal((8, 1))
    return bone_frames(surface, rng)
