"""One cohort and its model for all tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from bonescan.workflows.build_model import BuildOptions, BuiltModel, build_model

from .cohorts import TODAY, draw, write_cohort

QUICK = BuildOptions(n_repeats=2, n_folds=3, seed=7, today=TODAY)


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of 170 women whose ultrasound follows their bone."""
    folder = tmp_path_factory.mktemp("cohort")
    return write_cohort(folder, draw(170, 1))[0]


@pytest.fixture(scope="session")
def built(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> BuiltModel:
    """Their model."""
    return build_model(cohort, tmp_path_factory.mktemp("model") / "Clinic A.h5", QUICK)
