"""Every estimator on people of another seed, and in worlds that training never met.

    python -m benchmarks.estimators [--smoke] [-o FILE] [--train N] [--test N] [--stress N]

Full RF lines of the made-up linear population (women of 50 to 80 years), 512 lines
an exam, go the whole way from samples to bone density. Estimators are learnt from
one seed and tried on another; the stress cases are the first held-out people again,
in a changed world. Everything is simulated: a good row tests the software and is
no evidence of clinical accuracy.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bonescan import __version__
from bonescan.errors import UnusableScan
from bonescan.kernels.threads import pinned_blas
from bonescan.model.rems_model import FADE as ATTENUATION
from bonescan.model.rems_model import FEMORAL_NECK, LUMBAR_SPINE, PCR, TWO_GATE
from bonescan.model.rems_model import OS as SCORE
from bonescan.rems.fitting import Cohort, TrainingExam, fit, gather
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.rems.quality import CLUTTER_Z
from bonescan.rems.train import decay_expectation
from bonescan.simulate.bone import BoneParameters, bone_of
from bonescan.simulate.exam import simulate_rf
from bonescan.simulate.outcome import dxa_reading_g_cm2
from bonescan.simulate.people import VERTEBRAE, VirtualPerson
from bonescan.simulate.population import LINEAR, draw_population
from bonescan.simulate.stress import NONE, STRESSES
from bonescan.stats.regression import least_squares
from bonescan.workflows.build_demo_model import FORM, REFERENCES, InMemory, site_of

Array = NDArray[np.float64]

TRAIN_SEED, TEST_SEED = 101, 202
TRAIN, TEST, STRESSED = 400, 400, 100
SHAPES = {FEMORAL_NECK: (8, 64), LUMBAR_SPINE: (4, 32)}  # frames, lines; 512 lines an exam
CASES = (
    "clutter-50", "scatter-doubled", "exponent-spread", "uneven-bone", "exponent-2.5",
    "soft-attenuation-0.61", "depth+2cm", "snr-6",
)  # fmt: skip
COVARIATES, CEILING, PLUS = "age + BMI", "true bone parameters", "attenuation + age + BMI"
ORDER = (COVARIATES, SCORE, TWO_GATE, PCR, ATTENUATION, PLUS, CEILING)
TOLERANCE_T = 0.3


@dataclass(frozen=True, eq=False, kw_only=True)
class People:
    """A cohort with the bones behind it."""

    cohort: Cohort
    truth: Array  # (person, 4): BVTV, trabecular thickness, attenuation, cortex
    n_drawn: int

    def first(self, n: int) -> People:
        """Keep the first people."""
        index = np.arange(min(n, len(self.truth)))
        return People(
            cohort=self.cohort.rows(index), truth=self.truth[index], n_drawn=min(n, self.n_drawn)
        )


def simulate(people: Sequence[VirtualPerson], site: str, case: str, seed: int) -> People:
    """Simulate, analyse and read the DXA of everybody; exams without a surface fall out."""
    exams: list[TrainingExam] = []
    truth: list[Array] = []
    with pinned_blas():
        for person in people:
            parts, bones = zip(*_parts(person, site, case, seed), strict=True)
            usable = tuple(p for p in parts if p is not None and p.n_groups)
            if not usable:
                continue
            whole = "femoral-neck-left" if site == FEMORAL_NECK else "L1-L4"
            exams.append(
                TrainingExam(
                    person_id=person.person_id,
                    issuer=None,
                    sex=person.sex,
                    age_years=person.age_years,
                    bmi_kg_m2=person.bmi_kg_m2,
                    dxa_bmd_g_cm2=dxa_reading_g_cm2(person, whole),
                    parts=usable,
                )
            )
            truth.append(np.mean([_latent(b) for b in bones], axis=0))
        cohort = gather(exams, FORM, REFERENCES[site], site)
    return People(cohort=cohort, truth=np.array(truth), n_drawn=len(people))


def _parts(person: VirtualPerson, site: str, case: str, seed: int) -> Iterator[tuple]:
    stress = STRESSES[case]
    rng = np.random.default_rng([seed, person.bone_seed, site == FEMORAL_NECK])
    for name in ("femoral-neck-left",) if site == FEMORAL_NECK else VERTEBRAE:
        bone = bone_of(person, name, rng, stress.spread)
        exam = simulate_rf(bone, name, rng, *SHAPES[site], setup=stress.setup)
        try:
            looked = look_at_site(InMemory(exam=exam), site_of(exam))
            yield measure_site(looked, FORM).spectra, bone
        except UnusableScan:
            yield None, bone


def _latent(bone: BoneParameters) -> Array:
    return np.array([bone.bvtv_1, bone.tbth_mm, bone.alpha_tb_db_cm_mhz, bone.cortex_m * 1e3])


class Trained:
    """Everything learnt from the training people of one site."""

    def __init__(self, train: People) -> None:
        """Fit all estimators, the covariates, and the bones themselves."""
        cohort = train.cohort
        self.fitted = fit(cohort)
        inside = self.fitted.predict(cohort)
        y, person = cohort.dxa_g_cm2, cohort.covariates[:, :2]
        self.covariates = least_squares(person, y)
        self.plus = least_squares(np.column_stack([inside[ATTENUATION], person]), y)
        self.ceiling = least_squares(train.truth, y)
        self.curve, self.spread = decay_expectation(cohort.features)

    def predict(self, people: People) -> dict[str, Array]:
        """Predict everybody by every way, (person,) each."""
        cohort = people.cohort
        found = self.fitted.predict(cohort)
        person = cohort.covariates[:, :2]
        return found | {
            COVARIATES: self.covariates.predict(person),
            PLUS: self.plus.predict(np.column_stack([found[ATTENUATION], person])),
            CEILING: self.ceiling.predict(people.truth),
        }

    def flagged_percent(self, people: People) -> float:
        """Share of exams that would carry the flag `clutter`; NaN when too few people taught it."""
        if self.spread is None:
            return float("nan")
        pairs = np.array([[f.decay_ab_db, f.decay_bc_db] for f in people.cohort.features])
        expected = np.polynomial.polynomial.polyval(pairs[:, 0], self.curve)
        return 100.0 * float(np.mean((pairs[:, 1] - expected) / self.spread < CLUTTER_Z))


def agreement(predicted: Array, dxa: Array, site: str) -> tuple[float, float]:
    """Share of people in the same WHO class: strictly, and counting T within 0.3 as the same."""
    reference = REFERENCES[site]
    ours, theirs = (
        np.round((v - reference.mean_g_cm2) / reference.sd_g_cm2, 1) for v in (predicted, dxa)
    )
    same = np.digitize(ours, [-2.45, -1.05]) == np.digitize(theirs, [-2.45, -1.05])
    return float(np.mean(same)), float(np.mean(same | (np.abs(ours - theirs) <= TOLERANCE_T)))


def main_rows(found: Mapping[str, Array], people: People, site: str) -> list[str]:
    """Tabulate the held-out cohort of one site."""
    dxa = people.cohort.dxa_g_cm2
    rng = np.random.default_rng(1)
    draws = rng.integers(0, len(dxa), (2000, len(dxa)))
    lines = [
        "| estimator | r | SEE (95 %) | bias | limits of agreement | strict | within 0.3 T |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ORDER:
        error = found[name] - dxa
        lo, hi = np.percentile(error[draws].std(axis=1, ddof=1), [2.5, 97.5])
        see, bias = error.std(ddof=1), error.mean()
        strict, tolerant = agreement(found[name], dxa, site)
        lines.append(
            f"| {name} | {np.corrcoef(found[name], dxa)[0, 1]:.3f} | {see:.4f} ({lo:.3f}-{hi:.3f}) "
            f"| {bias:+.3f} | {bias - 1.96 * see:+.3f} to {bias + 1.96 * see:+.3f} "
            f"| {strict:.2f} | {tolerant:.2f} |"
        )
    return lines


def stress_row(case: str, found: Mapping[str, Array], people: People, flagged: float) -> str:
    """Tabulate one world: r, SEE and bias of each way."""
    dxa = people.cohort.dxa_g_cm2
    cells = []
    for name in ORDER[1:]:
        error = found[name] - dxa
        r = np.corrcoef(found[name], dxa)[0, 1]
        cells.append(f"{r:.2f} / {error.std(ddof=1):.3f} / {error.mean():+.3f}")
    return f"| {case} | {' | '.join(cells)} | {flagged:.0f} % | {len(dxa)} of {people.n_drawn} |"


def report(sizes: tuple[int, int, int], out: Path | None) -> None:
    """Measure everything, writing what is known after every cohort."""
    n_train, n_test, n_stress = sizes
    began = time.perf_counter()
    tables: dict[str, list[str]] = {}
    worlds: dict[str, list[str]] = {}
    held = draw_population(n_test, TEST_SEED, LINEAR)
    learners = draw_population(n_train, TRAIN_SEED, LINEAR)
    trained: dict[str, Trained] = {}
    for site in (LUMBAR_SPINE, FEMORAL_NECK):
        trained[site] = Trained(simulate(learners, site, NONE, TRAIN_SEED))
        people = simulate(held, site, NONE, TEST_SEED)
        found = trained[site].predict(people)
        tables[site] = main_rows(found, people, site)
        flagged = trained[site].flagged_percent(people)
        worlds[site] = [stress_row("none (all)", found, people, flagged)]
        some = people.first(n_stress)
        worlds[site].append(
            stress_row(
                "none (the same people)",
                trained[site].predict(some),
                some,
                trained[site].flagged_percent(some),
            )
        )
        _write(tables, worlds, sizes, out, began)
    for case in CASES:
        for site in (LUMBAR_SPINE, FEMORAL_NECK):
            people = simulate(held[:n_stress], site, case, TEST_SEED)
            found = trained[site].predict(people)
            flagged = trained[site].flagged_percent(people)
            worlds[site].append(stress_row(case, found, people, flagged))
            _write(tables, worlds, sizes, out, began)


def _write(
    tables: Mapping[str, list[str]],
    worlds: Mapping[str, list[str]],
    sizes: tuple[int, int, int],
    out: Path | None,
    began: float,
) -> None:
    n_train, n_test, n_stress = sizes
    lines = [
        "# Estimators of bone density on simulated exams",
        "",
        "Everything here is simulated: a good row is a test of the software, not evidence of "
        "clinical accuracy.",
        "",
        f"`python -m benchmarks.estimators --train {n_train} --test {n_test} --stress {n_stress}`",
        "",
        f"bonescan {__version__}, Python {platform.python_version()}, NumPy {np.__version__}; "
        f"linear population (women of 50 to 80 years), {n_train} people to learn from (seed "
        f"{TRAIN_SEED}), {n_test} held out (seed {TEST_SEED}), the first {n_stress} of them again "
        f"in each changed world; 512 lines an exam (four vertebrae of 4 x 32, or a neck of "
        f"8 x 64), full RF; {time.perf_counter() - began:.0f} s so far. SEE is the standard "
        "deviation of prediction - DXA, in g/cm2; limits are bias +- 1.96 SEE; classes from T "
        "rounded to one decimal, and `within 0.3 T` counts people whose two T differ by no more "
        "than 0.3 as agreeing. `age + BMI` has no ultrasound; `true bone parameters` regresses "
        "on what was simulated and is the best that the simulator allows.",
        "",
    ]
    for site, rows in tables.items():
        lines += [f"## {site}, held out", "", *rows, ""]
        head = " | ".join(f"{name}" for name in ORDER[1:])
        lines += [
            f"## {site}, changed worlds: r / SEE / bias",
            "",
            f"| world | {head} | flagged `clutter` | people |",
            "|---" * (len(ORDER) + 2) + "|",
            *worlds.get(site, []),
            "",
        ]
    text = "\n".join(lines)
    if out is None:
        sys.stdout.write(text + "\n")
    else:
        out.write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description="Try every estimator on held-out people.")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--train", type=int, default=TRAIN)
    parser.add_argument("--test", type=int, default=TEST)
    parser.add_argument("--stress", type=int, default=STRESSED)
    parser.add_argument("--smoke", action="store_true", help="a few people: does it run at all")
    asked = parser.parse_args(arguments)
    sizes = (80, 12, 4) if asked.smoke else (asked.train, asked.test, asked.stress)
    report(sizes, asked.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
