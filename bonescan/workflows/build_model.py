"""A site's own REMS-style model from its pairs of ultrasound exams and DXA readings."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from bonescan import __version__
from bonescan.errors import BonescanError, EnvironmentFault, NothingUsable, UsageError
from bonescan.files.calibration import read_calibrations
from bonescan.files.cohort_csv import CohortRefused, read_cohort_table
from bonescan.files.model_file import load_model, person_hash, seal, write_model
from bonescan.kernels.threads import pinned_blas
from bonescan.model.model_study import ModelStudy, RejectedScan
from bonescan.model.rems_model import FADE, METHOD, RemsModel, SiteModel, SpectralForm
from bonescan.norms.load import load_norms
from bonescan.norms.makers import canonical_maker
from bonescan.norms.site import parse_site
from bonescan.provenance import sha256_of_text
from bonescan.rems.attenuation import first_gate_mm, has_gates_of_fit
from bonescan.rems.fitting import Reference
from bonescan.rems.spectra import pooled
from bonescan.rems.train import study_site
from bonescan.rems.training.plan import Plan
from bonescan.rems.training.sizes import MIN_PEOPLE, MIN_PER_CLASS, size_by_sex
from bonescan.rems.training.study import RowFacts, report_training
from bonescan.report.model_page import ModelPage, write_model_page
from bonescan.settings import ReadSettings

from .cohort_people import Pair, Tell, one_maker, person_of, read_pairs
from .measure_cohort import MeasuredPair, measure_pairs, rejected_scan

NO_INFORMATION = "no ultrasound information shown"
NOISE_FROM_1 = 0.25  # of the sampling rate: where only noise is looked for; the band lies below
SAME_1 = 1e-6
MOST_SHORT_1 = 0.1  # of the exams may be left out for missing gates


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How a model is built."""

    sites: tuple[str, ...] = ()  # names of models; empty: every site of the table
    dxa_maker: str | None = None  # None: the only one
    n_workers: int = 1
    n_repeats: int = 5
    n_folds: int = 5
    seed: int = 0
    calibrations: tuple[Path, ...] = ()  # files; none: spectra as the device gives them
    today: date | None = None
    read: ReadSettings = field(default_factory=ReadSettings)


@dataclass(frozen=True, eq=False, kw_only=True)
class BuiltModel:
    """A model that was built, and what is known of it."""

    model: RemsModel
    path: Path
    report: Path
    studies: tuple[ModelStudy, ...]
    failed: tuple[BonescanError, ...]  # sites that gave no model, beside others that did
    n_left_out: int  # rows of other DXA makers or sites than asked for

    def to_dict(self) -> dict[str, Any]:
        """Give `data` of `bonescan model build --json`.

        Every site stands under ``sites``; the block of the only site stands at
        the top as well.
        """
        return study_dict(self.studies) | {
            "model": str(self.path),
            "report": str(self.report),
            "model_id": self.model.model_id,
            "simulated": self.model.simulated,
            "dxa_maker": self.model.dxa_maker,
            "left_out": self.n_left_out,
            "cohort_sha256": self.model.cohort_sha256,
        }


def study_dict(studies: Sequence[ModelStudy]) -> dict[str, Any]:
    """Put the blocks of the sites together; that of an only site stands at the top too."""
    found: dict[str, Any] = studies[0].to_dict() if len(studies) == 1 else {}
    return found | {
        "accepted": sum(s.n_accepted for s in studies),
        "rejected": sum(len(s.rejected) for s in studies),
        "sites": {s.site: s.to_dict() for s in studies},
    }


def silent(_phase: str, _done: int, _of: int) -> None:
    """Tell nobody."""


def build_model(
    cohort: str | PathLike[str],
    out: str | PathLike[str],
    options: BuildOptions | None = None,
    tell: Tell = silent,
    report: str | PathLike[str] | None = None,
) -> BuiltModel:
    """Build a model from a cohort, try it on people it has not seen, and write it.

    Parameters
    ----------
    cohort : str or path
        CSV of pairs, see `bonescan.files.cohort_csv`.
    out : str or path
        Model file (``*.h5``); appears whole or not at all.
    options : BuildOptions, optional
    tell : callable, optional
        Hears (phase, done, all).
    report : str or path, optional
        Page to write; default: beside the model, ``*.html``.

    Returns
    -------
    built : BuiltModel
        `to_dict` gives plain values.

    Raises
    ------
    CohortRefused
        The table has faulty rows; all are listed.
    NothingUsable
        BS-E313 too few people, BS-E386 no ultrasound information shown,
        BS-E383 to BS-E385 a mixed or unknown origin. No model is written.
    """
    options, table, target = options or BuildOptions(), Path(cohort), Path(out)
    check_target(target, table)
    today = options.today or date.today()
    pairs = read_pairs(table, options.read, today, tell)
    maker, kept = one_maker(pairs, table, options.dxa_maker)
    kept = tuple(p for p in kept if not options.sites or p.model_site in options.sites)
    if not kept:
        raise NothingUsable("BS-E388", f"found no row of {', '.join(options.sites)}.", file=table)
    form = _form_of(kept)
    read_calibrations(options.calibrations)  # refused before anything is measured
    measured, rejected = measure_pairs(
        kept, form, options.read, options.calibrations, options.n_workers, tell
    )
    studied = _study_sites(measured, rejected, (maker, form), options, tell)
    model = seal(_plain_name(target.stem), _draft(studied.models, measured, (maker, form), options))
    try:
        write_model(target, model)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the model can't be written: {error}.", file=target
        ) from error
    page = target.with_suffix(".html") if report is None else Path(report)
    write_page(
        page,
        ModelPage(
            model=model,
            studies=studied.studies,
            is_new_people=False,
            refused=[f.reason for f in studied.failed],
        ),
    )
    return BuiltModel(
        model=model,
        path=target,
        report=page,
        studies=studied.studies,
        failed=studied.failed,
        n_left_out=len(pairs) - len(kept),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class BuiltByMaker:
    """One model a DXA maker."""

    made: dict[str, BuiltModel]
    failed: tuple[BonescanError, ...]  # makers whose people gave no model


def build_by_maker(
    cohort: Path, out: Path, options: BuildOptions, tell: Tell = silent
) -> BuiltByMaker:
    """Build one model a DXA maker, each of its people alone, as OUT-<maker>.h5.

    Raises
    ------
    NothingUsable
        What the first maker was refused for, where none gave a model.
    """
    today = options.today or date.today()
    devices = [device for _line, device in read_cohort_table(cohort, today).devices]
    makers = sorted({canonical_maker(device) or "" for device in devices})
    made: dict[str, BuiltModel] = {}
    failed: list[BonescanError] = []
    for maker in makers:
        target = out.with_name(f"{out.stem}-{maker}{out.suffix}")
        try:
            made[maker] = build_model(cohort, target, replace(options, dxa_maker=maker), tell)
        except CohortRefused:
            raise
        except NothingUsable as refusal:
            failed.append(refusal)
    if not made:
        raise failed[0]
    return BuiltByMaker(made=made, failed=tuple(failed))


def write_page(path: Path, page: ModelPage) -> None:
    """Write the page of a model.

    Raises
    ------
    EnvironmentFault
        BS-E501 where it can't be written.
    """
    try:
        write_model_page(path, page)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the report can't be written: {error}.", file=path
        ) from error


def check_target(target: Path, *inputs: Path) -> None:
    """Refuse to write where there is no folder, or over anything that is no model."""
    if not target.parent.is_dir():
        raise UsageError("BS-E302", f"found no folder {target.parent}.", file=target)
    if target.exists():
        if any(target.samefile(i) for i in inputs if i.exists()):
            raise UsageError("BS-E304", "found the input itself as the file to write.", file=target)
        try:
            load_model(target)
        except BonescanError as error:
            if error.code == "BS-E310":
                raise UsageError(
                    "BS-E304", "found another file there, which is not replaced.", file=target
                ) from error


def reference_of(maker: str, row_site: str) -> Reference:
    """Find the young-adult reference of a maker's scale: women, for both sexes (ISCD).

    Raises
    ------
    NothingUsable
        BS-E385 where there is none.
    """
    site = parse_site(row_site)
    found = None if site is None else load_norms().policy_young(maker, site.without_side)
    if found is None:
        raise NothingUsable(
            "BS-E385", f"found no young-adult reference of {maker} for {row_site}, so no T-score."
        )
    return Reference(
        reference_id=found.id,
        mean_g_cm2=float(found.mean_g_cm2),
        sd_g_cm2=float(found.sd_g_cm2),
    )


# ------------------------------------------------------------------ sites


@dataclass(frozen=True, eq=False, kw_only=True)
class _Studied:
    models: tuple[SiteModel, ...]
    studies: tuple[ModelStudy, ...]
    failed: tuple[BonescanError, ...]


def _study_sites(
    measured: Sequence[MeasuredPair],
    rejected: Sequence[RejectedScan],
    how: tuple[str, SpectralForm],
    options: BuildOptions,
    tell: Tell,
) -> _Studied:
    """Train every site; one that gives no model leaves the others alone."""
    models, studies = [], []
    failed: list[BonescanError] = []
    sites = sorted({m.pair.model_site for m in measured} | {_site_name(r) for r in rejected})
    for number, site in enumerate(sites):
        mine = [m for m in measured if m.pair.model_site == site]
        lost = [r for r in rejected if _site_name(r) == site]
        rng = np.random.default_rng([options.seed, number])
        try:
            model, study = _study(mine, lost, how, (site, rng, options), tell)
        except NothingUsable as refusal:
            failed.append(refusal)
        else:
            models.append(model)
            studies.append(study)
    if not models:
        raise failed[0]
    return _Studied(models=tuple(models), studies=tuple(studies), failed=tuple(failed))


def _site_name(scan: RejectedScan) -> str:
    site = parse_site(scan.site)
    return "lumbar-spine" if site is not None and site.vertebrae else "femoral-neck"


def _study(
    measured: Sequence[MeasuredPair],
    rejected: Sequence[RejectedScan],
    how: tuple[str, SpectralForm],
    what: tuple[str, np.random.Generator, BuildOptions],
    tell: Tell,
) -> tuple[SiteModel, ModelStudy]:
    (maker, form), (site, rng, options) = how, what
    if not measured:
        raise NothingUsable("BS-E313", f"{site}: found no scan with a number.{_why_none(rejected)}")
    reference = reference_of(maker, measured[0].pair.row.site)
    kept, notes = _of_large_sexes(measured, site, reference)
    kept, short, about = _with_gates(kept, site, form, reference)
    rejected, notes = [*rejected, *short], (*notes, *about)
    exams = [m.exam for m in kept]
    centres = [m.pair.row.centre for m in kept]
    with pinned_blas():  # the number of threads decides last digits
        study = study_site(
            exams,
            site,
            (form, reference),
            rng,
            Plan(n_folds=options.n_folds, n_repeats=options.n_repeats),
            centres,
            lambda done, of: tell(f"trying {site}", done, of),
        )
        facts = RowFacts(
            devices=tuple(m.pair.device.serial or m.pair.device.model for m in kept),
            operators=tuple(m.pair.exam.operator for m in kept),
            centres=tuple(centres),
            fractures=tuple(m.pair.row.fracture for m in kept),
            places=tuple((m.pair.row.line, m.pair.row.exam, m.pair.row.site) for m in kept),
        )
        report = report_training(study, exams, reference, facts, rejected)
    if not study.shows_information:
        lo, hi = study.gain_g_cm2
        raise NothingUsable(
            "BS-E386",
            f"{site}: {NO_INFORMATION}: the SEE is smaller than that of age, BMI and sex by "
            f"{lo:+.4f} to {hi:+.4f} g/cm2 (95 %), wanted more than 0.",
        )
    return study.model, replace(report, notes=notes)


def _why_none(rejected: Sequence[RejectedScan]) -> str:
    """Count the refusals by code, and tell the first of the most common one."""
    if not rejected:
        return ""
    counts = Counter(r.code for r in rejected).most_common()
    told = ", ".join(f"{n} scan{'s' if n > 1 else ''} {code}" for code, n in counts)
    first = next(r for r in rejected if r.code == counts[0][0])
    return f" Refused: {told}; the first of {first.code}: {first.reason}"


def _of_large_sexes(
    measured: Sequence[MeasuredPair], site: str, reference: Reference
) -> tuple[list[MeasuredPair], tuple[str, ...]]:
    """Keep the sexes that have people enough; a model says nothing of the other."""
    sizes = size_by_sex([m.exam for m in measured], reference)
    kept = [m for m in measured if sizes[m.exam.sex].suffices]
    words = {"F": "women", "M": "men"}
    wanted = f"{MIN_PEOPLE}, {MIN_PER_CLASS} and {MIN_PER_CLASS}"
    small = [f"{words[sex]}: {size}" for sex, size in sizes.items() if not size.suffices]
    if not kept:
        raise NothingUsable(
            "BS-E313", f"{site}: found {'; '.join(small)}; wanted {wanted} of a sex."
        )
    return kept, tuple(f"left out, too few ({s}; wanted {wanted})" for s in small)


def _with_gates(
    measured: list[MeasuredPair], site: str, form: SpectralForm, reference: Reference
) -> tuple[list[MeasuredPair], list[RejectedScan], tuple[str, ...]]:
    """Leave out the few exams without the gates of the attenuation, which most have.

    An estimator is learnt only where every exam has its gates: one exam without the
    deepest would take it from the whole model. Where more than a tenth lack them, or too
    few people would be left, they stay and the estimator goes, and a note says so.
    """
    first_mm = first_gate_mm(site)
    lacking = [
        m
        for m in measured
        if not has_gates_of_fit(pooled(list(m.exam.parts)).sounding_only(), form, first_mm)
    ]
    if not lacking:
        return measured, [], ()
    told = f"{len(lacking)} of {len(measured)} exams lack gates that the attenuation takes"
    gone = {id(m) for m in lacking}
    whole = [m for m in measured if id(m) not in gone]
    sizes = size_by_sex([m.exam for m in whole], reference)
    too_few = {m.exam.sex for m in measured} != {s for s, size in sizes.items() if size.suffices}
    if len(lacking) > MOST_SHORT_1 * len(measured) or too_few:
        return measured, [], (f"no estimator {FADE}: {told}",)
    wanted = f"wanted power in all gates of {first_mm:g} to {max(form.gate_start_mm):g} mm"
    short = [
        rejected_scan(m.pair, "BS-E389", f"{m.pair.row.site}: found gates missing, {wanted}.")
        for m in lacking
    ]
    return whole, short, (f"left out: {told}",)


# ------------------------------------------------------------------ the model


def _form_of(pairs: Sequence[Pair]) -> SpectralForm:
    """Take the form of the bundled model at the sampling rate of most exams.

    Gates keep their length in time and the bins their frequencies.
    """
    base = load_model(None).form
    rates = Counter(p.fs_hz for p in pairs if p.fs_hz is not None)
    if not rates:
        return base
    fs_hz = min(rates, key=lambda rate: (-rates[rate], rate))
    if abs(fs_hz / base.fs_hz - 1.0) < SAME_1:
        return base
    top = float(base.frequency_hz[-1])
    if NOISE_FROM_1 * fs_hz < top:
        raise NothingUsable(
            "BS-E388",
            f"found a sampling rate of {fs_hz / 1e6:g} MHz, wanted at least "
            f"{top / NOISE_FROM_1 / 1e6:.1f} MHz.",
        )
    ratio = fs_hz / base.fs_hz
    return replace(
        base,
        fs_hz=fs_hz,
        gate_samples=2 * round(base.gate_samples * ratio / 2.0),
        n_fft=2 * round(base.n_fft * ratio / 2.0),
    )


def _draft(
    models: tuple[SiteModel, ...],
    measured: Sequence[MeasuredPair],
    how: tuple[str, SpectralForm],
    options: BuildOptions,
) -> RemsModel:
    maker, form = how
    trained = {m.site: m.sexes for m in models}
    used = [
        m
        for m in measured
        if m.pair.model_site in trained and m.exam.sex in trained[m.pair.model_site]
    ]
    cohort = _cohort_hash(used)
    salt = sha256_of_text("bonescan model", str(options.seed), cohort)[:32]
    people = {(m.exam.issuer, m.exam.person_id) for m in used}
    return RemsModel(
        model_id="",
        content_sha256="",
        simulated=any(m.pair.exam.simulated is True for m in used),
        dxa_maker=maker,
        method=METHOD,
        correction="soft-tissue",
        normalisation="joint-mean",
        calibrated=bool(options.calibrations),
        devices=tuple(sorted({m.pair.device.model for m in used if m.pair.device.model})),
        software_version=__version__,
        cohort_sha256=cohort,
        person_salt=salt,
        person_hashes=tuple(sorted(person_hash(salt, number, issuer) for issuer, number in people)),
        form=form,
        sites=models,
    )


def _cohort_hash(measured: Sequence[MeasuredPair]) -> str:
    """Hash what was learnt from: people, readings and spectra, in any order of rows."""
    lines = []
    for m in measured:
        spectra = hashlib.sha256()
        for part in m.exam.parts:
            spectra.update(np.ascontiguousarray(part.power, dtype="<f8").tobytes())
        row = m.pair.row
        key = (*person_of(m.pair), row.site, str(row.dxa_date), f"{row.dxa_bmd_g_cm2:.6f}")
        lines.append("\0".join((*key, spectra.hexdigest())))
    return sha256_of_text(*sorted(lines))


def _plain_name(stem: str) -> str:
    """Make the start of the model's id of the file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:40] or "model"
