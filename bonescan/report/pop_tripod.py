"""TRIPOD for the fitted risk of a loss, filled where the data tell.

Items are named in our own short words; authors fill and check them against the
published list.

References
----------
Collins GS, Reitsma JB, Altman DG, Moons KGM. Transparent Reporting of a multivariable
prediction model for Individual Prognosis Or Diagnosis (TRIPOD). BMJ 2015;350:g7594.
Numbers of items are from memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bonescan.i18n import _

Row = tuple[str, str, str]


def tripod(data: Mapping[str, Any], risk: Mapping[str, Any], source: str) -> list[Row]:
    """Fill the list for one visit: number, what is asked, what the data tell.

    An empty third cell is for the authors.

    Parameters
    ----------
    data : mapping
        The document of ``pop cohort --json``.
    risk : mapping
        One of its ``loss_risk``, with a model.
    source : str
        Name of the table.
    """
    model = risk["model"]
    names = ", ".join(model["names"])
    return [
        ("1-2", _("title and abstract"), ""),
        ("3a, 3b", _("background, objectives"), ""),
        ("4a", _("source of data"), _("cohort, table %s") % source),
        ("4b", _("dates of the study"), ""),
        ("5a-5c", _("setting, eligibility, treatments"), ""),
        ("6a", _("outcome"), _outcome(data, risk)),
        ("6b", _("blinding of the outcome"), ""),
        ("7a", _("predictors"), names),
        ("7b", _("blinding of the predictors"), ""),
        ("8", _("sample size"), _size(model)),
        ("9", _("missing data"),
         _("%d judged women without a covariate left out; nothing imputed")
         % risk["n_left_out_covariate_unknown"]),
        ("10a", _("handling of predictors"), _("linear, in SD; two words as 0 and 1")),
        ("10b", _("type of model, selection, internal validation"),
         _("logistic, maximum likelihood; no selection; %d bootstrap fits") % model["n_resamples"]),
        ("10d", _("measures of performance"), _("AUC, calibration slope, calibration by groups")),
        ("11", _("risk groups"), _("fifths of the predicted risk, for calibration only")),
        ("13a", _("flow"), _("%(n)d women, %(judged)d judged at %(visit)s, %(used)d in the model")
         % {"n": data["n_women"], "judged": risk["n_judged"], "visit": risk["visit"],
            "used": model["n"]}),
        ("13b", _("characteristics"), _characteristics(model)),
        ("14a", _("participants and events"), f"{model['n']}, {model['n_events']}"),
        ("14b", _("unadjusted associations"), ""),
        ("15a", _("full model"), _full(model)),
        ("15b", _("how to use it"), _("not for use: developed here, validated nowhere else")),
        ("16", _("performance"), _performance(model)),
        ("18", _("limitations"), ""),
        ("19b, 20", _("interpretation, implications"), ""),
        ("21, 22", _("supplements, funding"), ""),
    ]  # fmt: skip


def _outcome(data: Mapping[str, Any], risk: Mapping[str, Any]) -> str:
    source = data["precision"]["source"]
    return f"{risk['visit']}: {risk['event']}; {source}"


def _size(model: Mapping[str, Any]) -> str:
    share = float(model["events_per_parameter"])
    return _("no calculation; %.1f of the rarer outcome a covariate, 10 wanted") % share


def _characteristics(model: Mapping[str, Any]) -> str:
    return "; ".join(f"{n} {model['mean'][n]:.3g} ± {model['sd'][n]:.3g}" for n in model["names"])


def _full(model: Mapping[str, Any]) -> str:
    terms: Sequence[str] = [
        f"{model['terms'][n]['est']:+.3f} ({n} − {model['mean'][n]:.4g})/{model['sd'][n]:.4g}"
        for n in model["names"]
    ]
    return f"logit = {model['intercept']:.3f} {' '.join(terms)}"


def _performance(model: Mapping[str, Any]) -> str:
    corrected, slope = model["auc_corrected"], model["calibration_slope_corrected"]
    if corrected is None or slope is None:
        return f"AUC {model['auc']:.2f}"
    return _("AUC %(auc).2f, corrected for optimism %(corrected).2f; slope %(slope).2f") % {
        "auc": model["auc"], "corrected": corrected, "slope": slope,
    }  # fmt: skip
