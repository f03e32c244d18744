"""Text and tables say whatever the JSON document holds."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bonescan import compare_methods

Verb = Callable[..., tuple[int, str, str]]
Csv = Callable[[str], Path]


def table(path: Path, **wanted: str) -> dict[str, dict[str, str]]:
    """Read a table: statistic to its row, of the rows with the cells that are wanted."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {r["statistic"]: r for r in rows if all(r[k] == v for k, v in wanted.items())}


@pytest.fixture(scope="module")
def written(set_200: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    from bonescan.files.pairs_csv import ColumnChoice
    from bonescan.workflows.agree_settings import agreement_settings
    from bonescan.workflows.agree_table import agree_table
    from bonescan.workflows.agree_write import write_agreement

    out = tmp_path_factory.mktemp("agreement")
    settings = agreement_settings(bootstrap=200, acceptable_difference="bmd=0.2")
    study = agree_table(set_200, ColumnChoice(), settings)
    write_agreement(study, out)
    return out, study.to_dict()


def test_every_quantity_is_a_row(written: tuple[Path, Any]) -> None:
    out, data = written
    found = table(out / "continuous.csv", site="ls", exclusions="after", quantity="bmd")
    q = data["sites"]["ls"]["bmd"]
    more = q["more"]
    assert float(found["tolerance"]["lo"]) == pytest.approx(more["tolerance"][0])
    assert float(found["prediction"]["hi"]) == pytest.approx(more["prediction"][1])
    assert float(found["percentile_limits"]["hi"]) == pytest.approx(more["percentile_limits"][2])
    assert float(found["log_ratio ratio"]["est"]) == pytest.approx(
        more["log_ratio"]["ratio"]["est"]
    )
    assert float(found["heteroscedastic c1"]["est"]) == pytest.approx(more["heteroscedastic"]["c1"])
    assert float(found["breusch_pagan"]["p"]) == pytest.approx(more["breusch_pagan"]["p"])
    assert float(found["shapiro"]["est"]) == pytest.approx(more["shapiro"]["statistic"])
    assert float(found["theil_sen slope"]["lo"]) == pytest.approx(more["theil_sen"]["slope"]["lo"])
    assert float(found["icc_forms icc_c1"]["est"]) == pytest.approx(
        more["icc_forms"]["icc_c1"]["est"]
    )
    assert float(found["cusum"]["p"]) == pytest.approx(q["passing_bablok"]["cusum_p"])
    assert float(found["bootstrap bias"]["lo"]) == pytest.approx(more["bootstrap"]["bias"]["lo"])
    assert found["bootstrap bias"]["method"].endswith("-by-subject")
    assert found["acceptable_difference"]["reason"].startswith("acceptable:")
    assert "cusum path 1" not in found
    alone = table(out / "continuous.csv", site="ls", quantity="bmd from age and bmi")
    assert float(alone["sd_diff"]["est"]) > float(found["sd_diff"]["est"])


def test_everything_about_classes_is_a_row(written: tuple[Path, Any]) -> None:
    out, data = written
    found = table(out / "classes.csv", site="ls", exclusions="after", quantity="t")
    more = data["sites"]["ls"]["classes"]["more"]
    assert float(found["bowker"]["p"]) == pytest.approx(more["bowker"]["p"])
    assert float(found["stuart_maxwell"]["p"]) == pytest.approx(more["stuart_maxwell"]["p"])
    assert "osteoporosis mcnemar" in found
    assert float(found["delong_fracture difference"]["p"]) == pytest.approx(
        data["sites"]["ls"]["more"]["delong_fracture"]["difference"]["p"]
    )
    assert found["nri_fracture caveat"]["reason"]
    assert "youden test T for fracture 1 threshold" in found
    across = table(out / "classes.csv", site="ls+fn")
    assert float(across["worst_site kappa"]["est"]) == pytest.approx(
        data["more"]["across_sites"]["worst_site"]["kappa"]["est"]
    )
    assert "spine_against_hip dxa kappa" in across


def test_no_cell_is_nan(written: tuple[Path, Any]) -> None:
    for name in ("continuous.csv", "classes.csv", "strata.csv"):
        with (written[0] / name).open(newline="") as file:
            cells = {cell.lower() for row in csv.reader(file) for cell in row}
        assert not cells & {"nan", "inf", "-inf", "none"}


def test_the_intercept_of_rounded_scores_has_no_limits_in_text_and_a_mark_in_the_table(
    written: tuple[Path, Any],
) -> None:
    found = table(written[0] / "continuous.csv", site="ls", exclusions="after", quantity="t")
    assert "its interval may leave the estimate out" in found["passing_bablok_intercept"]["reason"]
    x = np.round(np.linspace(-3, 1, 30), 1)
    y = np.round(x + np.where(np.arange(30) % 3, 0.1, -0.1), 1)
    lines = str(compare_methods(x, y, quantity="t", bootstrap=0)).splitlines()
    line = next(text for text in lines if "Passing-Bablok" in text)
    assert "intercept" in line.split("Passing-Bablok")[1]
    assert "(" not in line.split("Passing-Bablok")[1].split("intercept")[1]
    as_bmd = str(compare_methods(x + 9, y + 9, bootstrap=0)).splitlines()
    line = next(text for text in as_bmd if "Passing-Bablok" in text)
    assert "(" in line.split("Passing-Bablok")[1].split("intercept")[1]


def test_replicates_are_in_text_and_table(csv_file: Csv, verb: Verb, tmp_path: Path) -> None:
    rows = "\n".join(
        f"{p},{r},{5 + p + 0.1 * r},{5.2 + p - 0.1 * r + 0.05 * (p % 2)}"
        for p in range(6) for r in (1, 2)
    )  # fmt: skip
    path = csv_file(f"who,reading,x,y\n{rows}")
    code, out, _ = verb("agree", path, "--reference", "x", "--test", "y", "--subject", "who",
                        "--replicate", "reading", "-o", tmp_path / "out")  # fmt: skip
    assert code == 0
    assert "all readings, true value constant: bias" in out
    assert "all readings, true value varies: bias" in out
    found = table(tmp_path / "out" / "continuous.csv", quantity="bmd")
    assert found["replicates true_value_constant loa_lower"]["method"]
    assert found["replicates true_value_varies loa_upper"]["hi"]


def test_a_kappa_passes_1_in_no_line() -> None:
    x = np.array([-3.0, -2.8, -2.0, -1.5, 0.0, 0.4, 0.8, 1.1])
    y = np.array([-2.9, -2.3, -1.9, -1.6, 0.1, 0.4, 0.6, 1.0])
    study = compare_methods(x, y, quantity="t", bootstrap=0)
    found = study.sites["pair"].classes
    assert found is not None
    assert found.kappa.hi is not None
    assert found.kappa.hi > 1.0  # as R gives it
    line = next(text for text in str(study).splitlines() if "kappa" in text)
    assert "to 1.000)" in line
    assert "to 1.1" not in line
