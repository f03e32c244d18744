"""Everybody at every site by every policy: one rule, one vocabulary, no fault."""

from __future__ import annotations

import itertools

import pytest

from bonescan.classify.row import classify_row
from bonescan.classify.rule import rule_book, rule_for
from bonescan.model.measurement import Measurement
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import (
    LabelPolicy,
    MenopausalStatus,
    Origin,
    ReferencePolicy,
    Technique,
)
from bonescan.norms.load import load_norms
from bonescan.norms.site import parse_site
from bonescan.scoring.score import score
from bonescan.settings import LabelSettings

NORMS = load_norms()
SEXES = ("F", "M", None)
AGES = (None, 12.0, 19.99, 20.0, 39.99, 49.99, 50.0, 54.99, 55.0, 83.0, 90.0)
STATUSES = tuple(MenopausalStatus)
GESTATIONS = (None, 140.0)
SITES = (
    "L1-L4", "L1", "L2-L4", "L1+L3", "femoral-neck-left", "femoral-neck-mean", "total-hip",
    "trochanter", "wards", "radius-33-left", "total-body",
)  # fmt: skip
WHO_WORDS = {"normal", "osteopenia", "osteoporosis"}
Z_WORDS = {"within-expected-range", "below-expected-range"}
LABELLING = {"L1-L4", "L2-L4", "L1+L3", "femoral-neck-left", "total-hip", "radius-33-left"}


def people():
    for sex, age, status, gestation in itertools.product(SEXES, AGES, STATUSES, GESTATIONS):
        yield PersonAtExam(
            sex=sex, age_years=age, age_is_exact=True, menopausal_status=status,
            gestation_days=gestation,
        )  # fmt: skip


def measured(site: str, technique: Technique = Technique.DXA) -> Measurement:
    return Measurement(
        technique=technique, origin=Origin.REPORTED, site=site, bmd_g_cm2=0.55, scale="hologic",
        reported_t_score=-2.6, reported_z_score=-2.1,
    )  # fmt: skip


def test_exactly_one_rule_fits_anybody_pregnant_or_not():
    for who in people():
        fitting = [r for r in rule_book().values() if r.applies(who)]
        assert len(fitting) == 1, who


@pytest.mark.parametrize("reference", ReferencePolicy)
@pytest.mark.parametrize("policy", LabelPolicy)
def test_one_word_of_the_right_vocabulary_at_every_site(reference, policy):
    settings = LabelSettings(policy=policy, reference=reference)
    for who, site in itertools.product(people(), SITES):
        m = measured(site)
        found = classify_row(m, score(m, who, NORMS, settings), who, settings)
        rule = rule_for(who)
        if site not in LABELLING:
            assert found.category is None, (who, site)
            continue
        allowed = {"T": WHO_WORDS, "Z": Z_WORDS, "": set()}[rule.reads] | {"none"}
        assert found.category in allowed, (who, site)
        assert found.reported_category in allowed | {None}, (who, site)
        assert (found.score_used is None) is (found.category == "none"), (who, site)


def test_no_who_word_reaches_somebody_pregnant_by_her_recorded_status():
    settings = LabelSettings()
    for who, site in itertools.product(people(), SITES):
        if who.menopausal_status is not MenopausalStatus.PREGNANT or who.sex != "F":
            continue
        m = measured(site)
        scores = score(m, who, NORMS, settings)
        found = classify_row(m, scores, who, settings)
        assert found.category not in WHO_WORDS
        assert not found.shows_t or who.age_years is None
        assert scores.alternatives == ()


def test_children_have_no_t_whoever_measured_and_whatever_the_site():
    settings = LabelSettings()
    child = PersonAtExam(sex="F", age_years=12.0, age_is_exact=True,
                         menopausal_status=MenopausalStatus.PREMENOPAUSAL)  # fmt: skip
    for technique, site in itertools.product(Technique, SITES):
        scores = score(measured(site, technique), child, NORMS, settings)
        assert (scores.t_score, scores.young_adult_percent) == (None, None)
        assert "under_20" in scores.flags


def test_sites_of_the_grid_are_sites():
    assert all(parse_site(s) is not None for s in SITES)
