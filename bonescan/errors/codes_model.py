"""Codes of cohorts and of building models; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E380",
        title="a cohort table without its columns",
        hint="Write a CSV with the columns exam, patient_id, site, dxa_bmd_g_cm2, dxa_device and "
        "dxa_date; issuer, fracture, centre, exam_date, sex, birth_date, age_years, height_cm and "
        "weight_kg are optional.",
    ),
    CodeInfo(
        code="BS-E381",
        title="a cohort with faulty rows",
        hint="Correct or remove the rows that are listed; nothing is guessed.",
    ),
    CodeInfo(
        code="BS-E382",
        title="one person under two numbers",
        hint="Give the person one patient_id (and issuer) in every row; otherwise the model would "
        "be tried on people it has learnt from.",
    ),
    CodeInfo(
        code="BS-E383",
        title="simulated and real exams in one cohort",
        hint="Keep them in two tables: a model of simulated exams may never label a real one.",
    ),
    CodeInfo(
        code="BS-E384",
        title="DXA of several makers in one cohort",
        hint="Makers differ in their scale by more than the error of the method. Choose one with "
        "--dxa-maker, or build one model a maker with --stratify-by-maker.",
    ),
    CodeInfo(
        code="BS-E385",
        title="a DXA maker without a young-adult reference",
        hint="`bonescan norms list` shows the scales that T-scores can be made for.",
    ),
    CodeInfo(
        code="BS-E386",
        title="no ultrasound information shown",
        hint="No model is written: on people it had not seen it was no better than age, BMI and "
        "sex. Look at the report beside the model's place, at depth, gain and calibration.",
    ),
    CodeInfo(
        code="BS-E387",
        title="people that the model has learnt from",
        hint="Take the rows that are listed out: on its own people a model looks better than it "
        "is.",
    ),
    CodeInfo(
        code="BS-E388",
        title="a cohort that a model can't be built from or tried on",
        hint="Check the sites, the DXA maker and the sampling rate of the exams against what is "
        "wanted.",
    ),
    CodeInfo(
        code="BS-E389",
        title="an exam without gates that nearly all others of the cohort have",
        hint="Store samples, or spectra of all gates, down to the deepest gate behind the bone "
        "surface; the exam is left out so that the estimator of attenuation can be learnt.",
    ),
    CodeInfo(
        code="BS-W380",
        title="a scan of a person whose age, BMI or sex is not known",
        hint="Add birth date, height, weight and sex to the exam file, or as columns to the table.",
    ),
)
