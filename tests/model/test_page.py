"""The page of a model: complete, self-contained, and honest about simulated exams."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bonescan.model.estimate import Estimate, undefined
from bonescan.model.model_study import FragilityReport, GroupRow, RejectedScan
from bonescan.report.model_page import ModelPage, model_page


def page_of(built, **changes) -> str:
    study = replace(built.studies[0], **changes)
    return model_page(ModelPage(model=built.model, studies=[study], is_new_people=False))


def test_the_page_stands_beside_the_model_and_holds_everything(built) -> None:
    text = built.report.read_text(encoding="utf-8")
    assert built.report == built.path.with_suffix(".html")
    assert text == page_of(built)
    assert not re.search(r"(src|href)=\"(?!#|data:)", text)
    assert text.count("<svg") == 7
    for words in (
        "Spectra of the classes", "Estimated against measured BMD", "Differences",
        "Osteoporosis Score against BMD", "Coverage of the intervals", "WHO classes",
        "Standard error of the estimate", "Before exclusions", "Who it was tried on",
        "age, BMI and sex without ultrasound", built.model.model_id,
    ):  # fmt: skip
        assert words in text, words
    assert "nan" not in re.sub(r"<[^>]+>", " ", text).lower().split()


def test_simulated_exams_are_said_on_every_page_and_real_ones_are_not(built) -> None:
    assert "SIMULATED DATA" in page_of(built)
    real = replace(built.model, simulated=False)
    text = model_page(ModelPage(model=real, studies=built.studies, is_new_people=False))
    assert "SIMULATED" not in text
    assert "Simulated data" not in text


def test_the_verdict_follows_the_interval(built) -> None:
    assert "Ultrasound adds to age, BMI and sex" in page_of(built)
    nothing = page_of(built, informative=False, gain_lo_g_cm2=-0.01, gain_hi_g_cm2=0.02)
    assert "No ultrasound information shown: SEE smaller by −0.010 to 0.020" in nothing
    unknown = page_of(built, gain_lo_g_cm2=None, gain_hi_g_cm2=None, covariates_only=None)
    assert "Too few people to tell" in unknown


def test_scans_without_a_number_are_counted_and_listed(built) -> None:
    lost = [
        RejectedScan(
            line=k, exam=f"<b>{k}.h5", site="femoral-neck-left", dxa_g_cm2=0.7,
            code="BS-E161" if k < 4 else "BS-W380", reason=f"reason {k}",
        )
        for k in (2, 3, 4)
    ]  # fmt: skip
    text = page_of(built, rejected=tuple(lost))
    assert "Every scan gave a number" in page_of(built, rejected=())
    assert "2 × <code>BS-E161</code> too few valid spectra" in text
    assert "1 × <code>BS-W380</code>" in text
    assert "&lt;b&gt;2.h5" in text
    assert "<b>2.h5" not in text


def test_what_is_not_defined_says_why(built) -> None:
    before = replace(built.studies[0].before_exclusions, kappa_linear=undefined("no distance"))
    text = page_of(built, before_exclusions=before, interval=None)
    assert "– (no distance)" in text
    assert "Coverage of the intervals" not in text


def test_devices_left_out_and_fractures_have_their_rows(built) -> None:
    row = GroupRow(
        kind="device left out", name="S1", n_people=50, pearson_1=None, see_g_cm2=0.08,
        bias_g_cm2=-0.01,
    )  # fmt: skip
    area = Estimate(est=0.7, lo=0.6, hi=0.8)
    fragility = FragilityReport(
        n_fractured=100, n_unfractured=200, auc_score=area, auc_covariates=area, auc_both=area
    )
    text = page_of(built, left_out=(row,), fragility=fragility)
    assert "device left out" in text
    assert "Fracture, AUC of both" in text
    assert "0.700 (0.600 – 0.800)" in text


def test_sites_without_a_model_are_named(built) -> None:
    page = ModelPage(
        model=built.model, studies=built.studies, is_new_people=False, refused=["too few at L1-L4"]
    )
    assert "too few at L1-L4" in model_page(page)


@pytest.mark.peer
@pytest.mark.figure
def test_a_browser_finds_nothing_to_fetch_and_draws_the_page(built, chromium, tmp_path) -> None:
    import subprocess

    shot = tmp_path / "page.png"
    done = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,3000",
            f"--screenshot={shot}", built.report.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert shot.stat().st_size > 50_000, done.stderr
    assert "Refused to" not in done.stderr


@pytest.mark.peer
@pytest.mark.figure
@pytest.mark.parametrize(("width", "columns"), [(420, 1), (1000, 2)])
def test_a_narrow_page_does_not_scroll_sideways(
    built, chromium, tmp_path, width: int, columns: int
) -> None:
    import subprocess

    look = (
        "<script>addEventListener('load',()=>{const d=document.getElementById('f').contentDocument,"
        "g=getComputedStyle(d.querySelector('.study-figures')).gridTemplateColumns.split(' ');"
        "document.body.dataset.seen=d.documentElement.scrollWidth+' '+g.length})</script>"
    )
    page = tmp_path / "page.html"
    page.write_bytes(built.report.read_bytes())
    frame = tmp_path / "frame.html"
    frame.write_text(f'<iframe id=f src="page.html" width={width} height=900 style="border:0">'
                     f"</iframe>{look}")  # fmt: skip
    done = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000",
            "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=4000", "--dump-dom", frame.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    seen = re.search(r'data-seen="(\d+) (\d+)"', done.stdout)
    assert seen is not None, done.stderr
    assert int(seen[1]) <= width
    assert int(seen[2]) == columns


def test_both_readings_of_the_tolerance_are_named(built) -> None:
    text = page_of(built)
    assert "within 0.3 T of the cut-off (reading A)" in text
    assert "T within 0.3 (reading B)" in text
