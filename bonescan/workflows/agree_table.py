"""Agreement of two methods from a table: a CSV, a DataFrame, or two arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bonescan.agree.doubts import warning
from bonescan.agree.study import compare_study
from bonescan.files.model_file import load_model
from bonescan.files.pairs_csv import ColumnChoice, read_pairs_csv
from bonescan.model.outcome import Problem
from bonescan.model.pairs import SitePairs
from bonescan.stats.agreement_study import AgreementSettings, AgreementStudy

from .agree_overlap import refuse_training_people


def agree_table(
    path: Path,
    choice: ColumnChoice,
    settings: AgreementSettings,
    *,
    several_pairs: bool = False,
    pool_makers: bool = False,
    model: Path | None = None,
) -> AgreementStudy:
    """Compare the methods of a CSV.

    Parameters
    ----------
    path : Path
    choice : ColumnChoice
    settings : AgreementSettings
    several_pairs : bool
        Several rows a subject are visits.
    pool_makers : bool
    model : Path, optional
        A model whose training people must not be among the subjects.

    Returns
    -------
    study : AgreementStudy
    """
    sites = read_pairs_csv(path, choice)
    return compare_study(
        sites,
        settings,
        several_pairs=several_pairs,
        pool_makers=pool_makers,
        source=str(path),
        problems=() if model is None else check_overlap(sites, model),
    )


def check_overlap(sites: Sequence[SitePairs], model: Path) -> tuple[Problem, ...]:
    """Look for the training people of a model among the subjects of a table.

    Returns
    -------
    problems : tuple of Problem
        BS-W371 where the table does not say enough to be sure.

    Raises
    ------
    NothingUsable
        BS-E375 when anybody was in the training.
    """
    people: set[tuple[str, str | None]] = set()
    for site in sites:
        if site.has_subjects:
            issuers = site.words.get("issuer", (None,) * site.n_rows)
            people |= set(zip(site.subjects, issuers, strict=True))
    refuse_training_people(load_model(model), people)
    if not people:
        return (warning("BS-W371", "the table has no column of subjects."),)
    if any(issuer is None for _, issuer in people):
        said = (
            "subjects were looked for by number alone: the table names no issuer, so people whom "
            "the training knew with theirs could not be looked for."
        )
        return (warning("BS-W371", said),)
    return ()
