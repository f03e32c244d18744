"""The page of a comparison: what it says, what it must not, and that a browser is content."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from bonescan.model.estimate import Estimate, undefined
from bonescan.report.agreement.checklists import grras, stard
from bonescan.report.agreement.methods import methods_paragraphs
from bonescan.report.agreement.number_tables import class_table
from bonescan.report.agreement.wording import estimate_words, p_words
from bonescan.report.agreement_page import figure_pdf, write_agreement_report
from bonescan.report.figures.standalone import standalone
from bonescan.stats.agreement_study import AgreementStudy
from bonescan.workflows.compare_methods import compare_methods

from ..conftest import Browser

N = 60


def table() -> dict[str, list[float | str]]:
    """Sixty people made up here: T-scores with noise of a known size, and their sites' BMD."""
    rng = np.random.default_rng(7)
    t = np.round(rng.normal(-1.6, 1.1, N), 1)
    test = np.round(t + rng.normal(0.1, 0.4, N), 1)
    return {
        "id": [f"p{i}" for i in range(N)],
        "age_y": rng.uniform(50, 80, N).round(1).tolist(),
        "bmi": rng.uniform(19, 33, N).round(1).tolist(),
        "fn_dxa_bmd": (0.849 + 0.111 * t).round(3).tolist(),
        "fn_rems_bmd": (0.849 + 0.111 * test).round(3).tolist(),
        "fn_dxa_t": t.tolist(),
        "fn_rems_t": test.tolist(),
        "quality": ["rejected" if i < 4 else "ok" for i in range(N)],
    }


@pytest.fixture(scope="module")
def study() -> AgreementStudy:
    columns = {"subject": "id", "age": "age_y", "bmi": "bmi", "quality": "quality"}
    return compare_methods(
        data=table(), columns=columns, acceptable_difference={"bmd": 0.05}, bootstrap=200
    )


@pytest.fixture(scope="module")
def out(study: AgreementStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agree")
    (folder / "pairs.csv").write_text("a\n", encoding="utf-8")
    write_agreement_report(study, folder)
    return folder


@pytest.fixture(scope="module")
def html(out: Path) -> str:
    return (out / "agreement.html").read_text(encoding="utf-8")


def test_the_numbers_of_the_page_are_those_of_the_study(study: AgreementStudy, html: str) -> None:
    bmd = study.sites["fn"].quantities["bmd"]
    assert bmd.bland_altman is not None
    assert estimate_words(bmd.bland_altman.bias, 4) in html
    assert estimate_words(bmd.lin_ccc, 3) in html
    classes = study.sites["fn"].classes
    assert classes is not None
    assert class_table(classes).rows[0].value in html


def test_both_analyses_and_both_tolerances_stand_on_the_page(html: str) -> None:
    assert "Before exclusions" in html
    assert "after exclusions" in html
    assert "all, before exclusions" in html
    assert "reading A" in html
    assert "reading B" in html


def test_a_stated_difference_is_judged_and_drawn(study: AgreementStudy, html: str) -> None:
    sentences = [a.sentence for a in study.sites["fn"].acceptable]
    assert sentences
    assert "acceptable, stated beforehand" in html
    assert "stated before the analysis (bmd 0.05)" in " ".join(methods_paragraphs(study))


def test_nothing_undefined_is_printed_as_a_number(html: str) -> None:
    assert not re.search(
        r"\bnan\b|\binf\b|None", re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    )


def test_the_page_asks_nothing_from_outside(html: str) -> None:
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html


def test_only_tables_that_exist_are_linked(html: str) -> None:
    assert '<a href="pairs.csv">' in html
    assert "strata.csv" not in html


def test_every_figure_is_a_file_that_stands_alone(out: Path) -> None:
    figures = sorted((out / "figures").glob("*.svg"))
    names = {f.stem for f in figures}
    kinds = ("scatter", "bland-altman", "quantiles", "mountain", "cusum")
    wanted = {f"fn-bmd-{kind}" for kind in kinds}
    assert wanted | {"flow", "fn-classes", "fn-roc-osteoporosis", "fn-strata-bias"} <= names
    for figure in figures:
        assert ET.parse(figure).getroot().tag.endswith("}svg")


def test_the_checklists_answer_what_the_data_tell_and_leave_the_rest(
    study: AgreementStudy,
) -> None:
    told = {row.number: row.told for row in grras(study).rows}
    assert len(told) == 15
    assert "Femoral neck: 56 pairs of 56 people" in told["11"]
    assert told["7"] == ""
    answers = {row.number: row.told for row in stard(study).rows}
    assert "count as disagreement" in answers["15"]
    assert "Femoral neck: found 60" in answers["19"]
    assert "analysed 56" in answers["19"]
    assert "for the authors" in answers["12a"]  # nobody can read off the data that it was planned


def test_further_statistics_stand_on_the_page(html: str) -> None:
    for words in ("tolerance interval, 95 % of differences", "Shapiro-Wilk", "Theil-Sen: slope",
                  "McNemar, exact", "ICC(C,1)", "by drawing people: bias"):  # fmt: skip
        assert words in html


def test_replicates_have_their_corrected_limits(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(20), 2)
    true = rng.normal(1.0, 0.15, 20)[people]
    columns = {"subject": [f"p{i}" for i in people], "replicate": np.tile([1, 2], 20)}
    study = compare_methods(
        true + rng.normal(0, 0.02, 40), true + rng.normal(0, 0.02, 40), columns=columns,
        bootstrap=0,
    )  # fmt: skip
    write_agreement_report(study, tmp_path)
    html = (tmp_path / "agreement.html").read_text(encoding="utf-8")
    assert "limits corrected for replicates" in html
    assert "true value varies: lower limit" in html
    assert "20 further readings" in html


def test_an_interval_that_does_not_hold_its_estimate_is_not_printed() -> None:
    from bonescan.report.agreement.number_tables import _told

    odd = Estimate(est=0.0, lo=-0.093, hi=-0.004, method="ranks")  # scores on a lattice of 0.1
    assert estimate_words(_told(odd), 3) == "0.000"
    even = Estimate(est=0.0, lo=-0.093, hi=0.0)
    assert _told(even) is even


def test_only_what_was_used_is_cited(study: AgreementStudy) -> None:
    from dataclasses import replace

    from bonescan.report.agreement.methods import references

    assert any("Carkeet" in r for r in references(study.settings))
    mover = references(replace(study.settings, loa_ci="mover"))
    assert any("Zou" in r for r in mover)
    assert not any("Carkeet" in r for r in mover)


def test_each_reason_stands_where_it_takes_effect() -> None:
    from bonescan.report.agreement.pictures import flow_drawing
    from bonescan.stats.agreement_study import Flow

    flow = Flow(
        found=50, readable=50, quality_passed=47, paired=30, analysed=25,
        reasons={"rejected": 3, "no_partner": 6, "other_maker": 11, "later_readings": 5},
    )  # fmt: skip
    drawn = flow_drawing(flow, "flow", "").svg
    for words in ("3 rejected for quality", "6 without a partner within the allowed days",
                  "11 paired with a device of another maker",
                  "5 further readings of the same people"):  # fmt: skip
        assert words in drawn
    assert "not carried on" not in drawn


def test_simulated_data_are_named_on_the_page(study: AgreementStudy, tmp_path: Path) -> None:
    write_agreement_report(study, tmp_path, simulated=True)
    html = (tmp_path / "agreement.html").read_text(encoding="utf-8")
    assert "SIMULATED DATA" in html
    assert "say nothing about the accuracy" in html


def test_two_plain_columns_have_a_page_without_classes(tmp_path: Path) -> None:
    x = [1.0, 2.0, 3.0, 4.0, 5.0]
    study = compare_methods(x, [1.1, 1.9, 3.2, 3.8, 5.1], bootstrap=200)
    write_agreement_report(study, tmp_path)
    html = (tmp_path / "agreement.html").read_text(encoding="utf-8")
    assert "WHO classes" not in html
    assert "by the T-score of the reference" not in html


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (None, "does not apply"),
        (undefined(""), "not defined: too few pairs"),
        (Estimate(est=-0.25), "−0.2"),  # half to even of a binary exact 0.25
        (Estimate(est=1.0, lo=0.5, hi=1.5), "1.0 (0.5 to 1.5)"),
    ],
)
def test_words_of_an_estimate(estimate: Estimate | None, words: str) -> None:
    assert estimate_words(estimate, 1) == words


def test_p_values() -> None:
    assert p_words(0.001) == "0.001"
    assert p_words(0.00099) == "< 0.001"


def test_a_figure_becomes_a_pdf_page_of_its_size(study: AgreementStudy, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    written = write_agreement_report(study, tmp_path, pdf=True)
    pdf = next(p for p in written if p.name == "fn-classes.pdf")
    page = pypdf.PdfReader(pdf).pages[0]
    assert float(page.mediabox.width) == pytest.approx(460 * 0.75, abs=1)  # CSS pixel: 3/4 point
    assert "osteopenia" in page.extract_text()


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from markupsafe import Markup

    from bonescan.errors import EnvironmentFault

    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(EnvironmentFault, match="weasyprint"):
        figure_pdf(standalone(Markup('<svg width="1" height="1"></svg>')))


@pytest.mark.peer
@pytest.mark.figure
def test_a_browser_shows_the_page_without_complaint(browse: Browser, out: Path) -> None:
    assert browse(out / "agreement.html").console == []
