"""The methods paragraph of a comparison, with its references."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.stats.agreement_study import AgreementSettings, AgreementStudy

LIMIT_INTERVALS = {
    "carkeet-individual": "exact intervals of each limit (noncentral t; Carkeet 2015)",
    "carkeet-pair": "exact intervals of the limits as a pair (Carkeet 2015)",
    "ba1999-t": "the intervals of Bland and Altman 1999",
    "ba1986": "the approximate intervals of Bland and Altman 1986",
    "mover": "MOVER intervals (Zou 2013)",
}
REFERENCES = (
    "Bland JM, Altman DG. Lancet 1986;327:307; Stat Methods Med Res 1999;8:135.",
    "Carkeet A. Exact parametric confidence intervals for Bland-Altman limits of agreement. "
    "Optom Vis Sci 2015;92:e71.",
    "Zou GY. Confidence interval estimation for the Bland-Altman limits of agreement. "
    "Stat Methods Med Res 2013;22:630.",
    "Linnet K. Estimation of the linear relationship between the measurements of two methods "
    "with proportional errors. Stat Med 1990;9:1463.",
    "Passing H, Bablok W. J Clin Chem Clin Biochem 1983;21:709.",
    "Lin LI. A concordance correlation coefficient to evaluate reproducibility. "
    "Biometrics 1989;45:255.",
    "McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. "
    "Psychol Methods 1996;1:30.",
    "Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa and weighted kappa. "
    "Psychol Bull 1969;72:323.",
    "Gwet KL. Computing inter-rater reliability in the presence of high agreement. "
    "Br J Math Stat Psychol 2008;61:29.",
    "DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837.",
    "Wilson EB. Probable inference. J Am Stat Assoc 1927;22:209.",
    "World Health Organization. Technical Report Series 843, 1994.",
)
LIMIT_REFERENCES = {"carkeet": 1, "mover": 2}  # cited only where they were used
REFERENCES_NOTE = "Volumes and pages are from memory; check them before they go into print."


def references(asked: AgreementSettings) -> tuple[str, ...]:
    """List the references of what was used."""
    unused = {
        place for word, place in LIMIT_REFERENCES.items() if not asked.loa_ci.startswith(word)
    }
    return tuple(words for i, words in enumerate(REFERENCES) if i not in unused)


def methods_paragraphs(study: AgreementStudy) -> list[str]:
    """Write what was done, ready to be edited into a manuscript.

    Parameters
    ----------
    study : AgreementStudy

    Returns
    -------
    paragraphs : list of str
    """
    asked = study.settings
    found = [_differences(asked), _lines(asked), _classes(asked), _pairs(study), _software(study)]
    return [words for words in found if words]


def _differences(asked: AgreementSettings) -> str:
    limits = LIMIT_INTERVALS.get(asked.loa_ci, asked.loa_ci)
    words = (
        "Differences are test minus reference. Bias has a t interval; limits of agreement are bias "
        f"± z · SD (z = 1.959964) with {limits}. The slope of the difference on the mean tests "
        "proportional bias."
    )
    if asked.acceptable_difference:
        stated = ", ".join(f"{q} {v:g}" for q, v in asked.acceptable_difference.items())
        words += (
            f" The largest acceptable difference was stated before the analysis ({stated}) and is "
            "judged against the outer ends of the intervals of the limits."
        )
    else:
        words += " No acceptable difference was stated beforehand, so none is judged."
    return words


def _lines(asked: AgreementSettings) -> str:
    return (
        f"Deming regression takes a ratio of error variances (reference over test) of "
        f"{asked.deming_ratio:g}, with {asked.deming_ci} intervals; Passing-Bablok regression "
        "follows the paper of 1983, its linearity is checked by CUSUM. Pearson correlations have "
        "Fisher z intervals, Spearman's those of Bonett and Wright; Lin's concordance and ICC(A,1) "
        "measure agreement of single readings."
    )


def _classes(asked: AgreementSettings) -> str:
    label = (
        "rounded to one decimal, half away from zero"
        if asked.label_from == "rounded"
        else "not rounded"
    )
    return (
        "Classes are those of the WHO (normal T ≥ −1.0, osteoporosis T ≤ −2.5), from T "
        f"{label}. Kappa has the large-sample interval of Fleiss, Cohen and Everitt; proportions "
        f"have {asked.proportion_ci} intervals; areas under ROC curves those of DeLong. Agreement "
        "is strict unless called tolerant; both readings of a 0.3 T tolerance are given, since "
        "papers do not say which they mean."
    )


def _pairs(study: AgreementStudy) -> str:
    words = (
        f"Exams of one person and site were paired when at most {study.settings.max_gap_days} days "
        "apart. "
        if _is_folder(study)
        else ""
    )
    return words + (
        "Before exclusions, a rejected scan counts as disagreement; afterwards it is left out."
        if study.before_exclusions is not None
        else "No scan was rejected for its quality, so there is one analysis."
    )


def _is_folder(study: AgreementStudy) -> bool:
    return any("gap_days" in site.more for site in study.sites.values())


def _software(study: AgreementStudy) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in study.versions.items())
    resamples = study.settings
    words = _("Computed with %s.") % versions if versions else ""
    return (
        f"{words} Resampling is by person ({resamples.bootstrap_resamples} resamples, "
        f"seed {resamples.seed})."
    ).strip()
