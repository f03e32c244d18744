"""Codes of cohorts and of building models; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E380",
        title="a cohort table without its columns",
        hint="Write a CSV with the columns exam, patient_id, site, dxa_bmd_g_cm2, dxa_device and "
        "dxa_date; issuer, fracture and centre are optional.",
    ),
    CodeInfo(
        code="BS-E381",
        title="a cohort with faulty rows",
        hint="Correct or remove the rows that are listed; nothing is guessed.",
    ),
)
