"""Label everything in the store with what is known today, and write tables and pages anew."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bonescan import __version__
from bonescan.files.model_file import load_model
from bonescan.model.outcome import Problem
from bonescan.model.rems_model import RemsModel
from bonescan.norms.load import Norms, load_norms
from bonescan.provenance import DATA_MODEL_VERSION, PIPELINE_VERSION
from bonescan.settings import Settings
from bonescan.store.open_store import open_store
from bonescan.store.store import Store, settings_text

from .gather_study import Study, gather_study
from .pseudonyms import open_pseudonyms
from .result_folder import alone_in, prepare
from .study_rows import study_rows
from .write_results import remove_pages, write_pages, write_run_record, write_tables

Progress = Callable[[str, int, int], None]  # (phase, done, all)
TABLES = "[!.]*.csv"
HALF_FILES = (".tmp-*.csv", ".tmp-run.json", ".tmp-*.html", "patients/.tmp-*.html")


def refresh(
    out: Path,
    settings: Settings,
    *,
    store: Store | None = None,
    run_id: int | None = None,
    problems: tuple[Problem, ...] = (),
    facts_files: tuple[str, ...] = (),
    progress: Progress | None = None,
    lap: Callable[[str], None] | None = None,
) -> Study:
    """Label everything in the store of `out` and write it down; nothing is measured.

    Parameters
    ----------
    out : Path
        The result folder.
    settings : Settings
    store : Store, optional
        Its store, if it is open already.
    run_id : int, optional
        The run on whose behalf; without it this is a run of its own.
    problems : tuple of Problem
        Found before, shown with those of the study.
    facts_files : tuple of str
        Files of facts that were read, for the record.
    progress : callable, optional
        Told of each finished step.
    lap : callable, optional
        Told when "label" and "write" have come to their end.

    Returns
    -------
    study : Study
        As written; its problems include `problems`.

    Raises
    ------
    BonescanError
        Settings, model, norms, store or result folder can't be used.
    """
    if store is None:
        prepare(out)
        with closing(open_store(out, address=settings.store)) as opened:
            own = opened.begin_run(__version__, settings_text(settings))
            study = refresh(
                out, settings, store=opened, run_id=own, problems=problems,
                facts_files=facts_files, progress=progress, lap=lap,
            )  # fmt: skip
            opened.end_run(own)
            return study
    tell, passed = progress or (lambda _phase, _done, _all: None), lap or (lambda _phase: None)
    norms, model = load_norms(settings.norms_dir), load_model(settings.rems.model_file)
    with alone_in(out), _no_half_files(out):  # tables and pages of two runs would mix
        study = gather_study(store, open_pseudonyms(out), norms, settings)
        study = dataclasses.replace(study, problems=(*problems, *study.problems))
        if run_id is not None:
            store.put_study(run_id, study_rows(study))
        passed("label")
        _write(out, study, settings, norms, model, facts_files, tell)
        passed("write")
    return study


@contextmanager
def _no_half_files(out: Path) -> Iterator[None]:
    """Remove what a killed run left half written, and what this one can't finish."""
    _sweep(out)
    try:
        yield
    except OSError:
        _sweep(out)
        raise


def _sweep(out: Path) -> None:
    for pattern in HALF_FILES:
        for path in out.glob(pattern):
            path.unlink(missing_ok=True)


def model_text(model: RemsModel) -> str:
    """Say which model it is, and what it may be used for."""
    made = "trained on simulated RF, for simulated exams only" if model.simulated else "site's own"
    return f"{model.model_id} (rems-style-open/1; {made})"


def _write(
    out: Path,
    study: Study,
    settings: Settings,
    norms: Norms,
    model: RemsModel,
    facts_files: tuple[str, ...],
    tell: Progress,
) -> None:
    write_tables(out, study)
    if settings.report == "html":
        tell("writing pages", 0, len(study.people))
        _pages(out, study, settings, norms, model)
    else:
        remove_pages(out)
    write_run_record(out, _record(out, study, settings, norms, model, facts_files))


def _pages(out: Path, study: Study, settings: Settings, norms: Norms, model: RemsModel) -> None:
    shown = (
        ("label policy", str(settings.label.policy)),
        ("label from", str(settings.label.label_from)),
        ("reference policy", str(settings.label.reference)),
        ("model", model_text(model)),
        ("norms", norms.content_sha256[:12]),
        ("version", __version__),
    )
    write_pages(
        out,
        study,
        model_text=model_text(model),
        settings_text=shown,
        norms_dir=settings.norms_dir,
    )


def _record(
    out: Path,
    study: Study,
    settings: Settings,
    norms: Norms,
    model: RemsModel,
    facts_files: tuple[str, ...],
) -> dict[str, Any]:
    return {
        "bonescan": __version__,
        "pipeline_version": PIPELINE_VERSION,
        "data_model_version": DATA_MODEL_VERSION,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": json.loads(settings_text(settings)),
        "model_id": model.model_id,
        "model_sha256": model.content_sha256,
        "norms_sha256": norms.content_sha256,
        "facts_files": list(facts_files),
        "outcomes": study.outcome_counts,
        "codes": dict(sorted(Counter(f.code for f in study.files if f.code).items())),
        "categories": study.category_counts,
        "tables": {  # for `bonescan verify`
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(out.glob(TABLES))
        },
        "research_use_only": "Research software, not a medical device.",
    }
