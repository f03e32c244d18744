"""A person on the day of an exam, from the file and dated facts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.classify.age import exact_age_years
from bonescan.classify.person_at_exam import person_at_exam
from bonescan.model.exam import Exam, Subject
from bonescan.model.vocabulary import MenopausalStatus

DAY = date(2024, 6, 15)
WOMAN = Subject(patient_id="0012", sex="F", birth_date=date(1990, 6, 15))
OLDER = Subject(patient_id="0012", sex="F", birth_date=date(1960, 6, 15))


def at(subject: Subject, *facts, day: date | None = DAY):
    return person_at_exam(subject, Exam(exam_date=day), facts)


def woman(**more: object) -> Subject:
    return Subject(patient_id="0012", sex="F", birth_date=date(1990, 6, 15), **more)


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(1974, 6, 15), date(2024, 6, 15), 50.0),
        (date(1974, 6, 16), date(2024, 6, 15), 49 + 365 / 366),
        (date(2000, 2, 29), date(2023, 3, 1), 23.0),
        (date(2000, 2, 29), date(2023, 2, 28), 22 + 364 / 365),
        (date(2024, 6, 15), date(2024, 6, 15), 0.0),
    ],
)
def test_age_is_counted_from_birthday_to_birthday(birth, day, age):
    assert exact_age_years(birth, day) == pytest.approx(age)


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 40_000))
def test_age_rises_by_about_a_day_a_day(birth, days):
    day = birth + timedelta(days=days)
    if day.year < 9000:
        first, second = exact_age_years(birth, day), exact_age_years(birth, day + timedelta(days=1))
        assert second - first == pytest.approx(1 / 365.25, abs=2e-5)
        assert first == pytest.approx(days / 365.2425, abs=0.01)


def test_whole_years_get_half_a_year_and_a_flag():
    found = at(Subject(sex="F", stated_age_years=49))
    assert (found.age_years, found.age_is_exact) == (49.5, False)
    assert "age_in_whole_years" in found.flags


def test_the_birth_date_among_the_facts_gives_the_exact_age(fact):
    found = at(Subject(sex="F", stated_age_years=49), fact("birth_date", "1974-06-15"))
    assert (found.age_years, found.age_is_exact) == (50.0, True)
    assert found.flags == ()


def test_nothing_known_stays_nothing():
    found = at(Subject())
    assert (found.sex, found.age_years, found.fragility_fracture, found.bmi_kg_m2) == (None,) * 4
    assert found.menopausal_status == "unknown"


@pytest.mark.parametrize(
    ("name", "value"),
    [("birth_date", "1990-06-16"), ("sex", "M"), ("birth_date", "1980-01-01 / 1981-01-01")],
)
def test_a_fact_against_the_file_is_an_identity_conflict(fact, name, value):
    found = at(WOMAN, fact(name, value))
    assert "identity_conflict" in found.flags
    assert (found.sex, found.birth_date) == ("F", WOMAN.birth_date)


def test_two_birth_dates_among_the_facts_leave_the_age_unknown(fact):
    doubt = fact("birth_date", "1950-01-01 / 1951-01-01")
    found = at(Subject(sex="F", stated_age_years=70), doubt)
    assert found.age_years is None
    assert "identity_conflict" in found.flags


def test_men_have_no_menopausal_status(fact):
    man = Subject(sex="M", birth_date=date(1960, 1, 1), menopausal_status="postmenopausal")
    assert at(man).menopausal_status == "not-applicable"
    assert "facts_disagree" in at(man, fact("delivery", day="2020-01-01")).flags


STATUS_CASES = [
    # facts as (name, value, day), status, flags
    ([("menopausal_status", "postmenopausal", "2024-01-01")], "postmenopausal", set()),
    ([("menopausal_status", "postmenopausal", None)], "postmenopausal", {"fact_undated"}),
    ([("menopausal_status", "unknown", "2024-01-01")], "unknown", set()),
    ([("menopausal_status", "postmenopausal", "2024-06-16")], "unknown", set()),  # after the exam
    (
        [("menopausal_status", "premenopausal", "2024-06-16")],
        "premenopausal",
        {"menopause_inferred"},
    ),
    ([("menopause", "natural", "2023-06-15")], "postmenopausal", set()),  # twelve months: settled
    ([("menopause", "natural", "2023-06-16")], "transition", set()),
    ([("menopause", "surgical", "2024-06-14")], "surgical", set()),
    ([("menopause", "induced-reversible", "2022-01-01")], "induced-reversible", set()),
    (
        [
            ("menopause", "induced-reversible", "2022-01-01"),
            ("periods_returned", "yes", "2023-05-01"),
        ],
        "premenopausal",
        {"menopause_inferred"},
    ),
    (
        [
            ("menopause", "surgical", "2015-01-01"),
            ("menopausal_status", "postmenopausal", "2024-01-01"),
        ],
        "surgical",
        set(),
    ),
    (
        [
            ("menopause", "natural", "2018-01-01"),
            ("menopausal_status", "premenopausal", "2024-01-01"),
        ],
        "unknown",
        {"facts_disagree"},
    ),
    (
        [
            ("menopause", "natural", "2018-01-01"),
            ("menopausal_status", "premenopausal", "2024-06-15"),  # the day of the exam
        ],
        "premenopausal",
        {"facts_disagree"},
    ),
    (
        [
            ("menopausal_status", "premenopausal", "2024-01-01"),
            ("menopausal_status", "transition", "2024-01-01"),
        ],
        "unknown",
        {"facts_disagree"},
    ),
    (
        [
            ("menopausal_status", "premenopausal", "2023-01-01"),
            ("menopausal_status", "transition", "2024-01-01"),
        ],
        "transition",
        set(),
    ),
    (
        [("menopause_age_years", "49", None)],
        "postmenopausal",
        {"menopause_inferred", "fact_undated"},
    ),
    ([("last_period", "yes", "2023-06-15")], "postmenopausal", {"menopause_inferred"}),
    ([("last_period", "yes", "2023-06-16")], "unknown", set()),
    (
        [("last_period", "yes", "2023-01-01"), ("hysterectomy", "yes", "2023-01-02")],
        "unknown",
        set(),
    ),
]


@pytest.mark.parametrize(("facts", "status", "flags"), STATUS_CASES)
def test_status_of_a_woman_of_52(fact, facts, status, flags):
    subject = Subject(patient_id="0012", sex="F", birth_date=date(1972, 3, 1))
    found = at(subject, *(fact(*f) for f in facts))
    assert found.menopausal_status == status
    assert set(found.flags) == flags


def test_natural_menopause_before_40_is_poi(fact):
    found = at(WOMAN, fact("menopause", "natural", "2022-01-01"))
    assert found.menopausal_status == "poi"


EARLY_WORDS = {"menopause_inferred", "status_implausible"}


@pytest.mark.parametrize(
    ("age", "told", "status", "flags"),
    [
        (33, "file", "poi", EARLY_WORDS),
        (33, None, "poi", EARLY_WORDS | {"fact_undated"}),
        (33, "2024-06-15", "poi", EARLY_WORDS),
        (39, "file", "poi", EARLY_WORDS),
        (40, "file", "postmenopausal", set()),
        (40, None, "postmenopausal", {"fact_undated"}),
        (45, "2019-06-14", "poi", EARLY_WORDS),  # said on the last day at 39
        (45, "2019-06-15", "postmenopausal", set()),
    ],
)
def test_called_postmenopausal_before_40_is_taken_for_poi_and_asked(fact, age, told, status, flags):
    """Menopause before 40 is POI (ESHRE 2016), so that no WHO word is said of her."""
    in_file = "postmenopausal" if told == "file" else None
    born = date(2024 - age, 6, 15)
    subject = Subject(sex="F", birth_date=born, menopausal_status=in_file)
    facts = [] if in_file else [fact("menopausal_status", "postmenopausal", told)]
    found = at(subject, *facts)
    assert (found.menopausal_status, set(found.flags)) == (status, flags)


def test_a_slip_before_40_is_still_a_contradiction_afterwards(fact):
    facts = [
        fact("menopausal_status", "postmenopausal", "2023-01-01"),
        fact("menopausal_status", "premenopausal", "2024-01-01"),
    ]
    found = at(WOMAN, *facts)
    assert (found.menopausal_status, found.flags) == ("unknown", ("facts_disagree",))
    surgical = [fact("menopause", "surgical", "2023-01-01"), facts[0]]
    assert at(WOMAN, *surgical).menopausal_status == "surgical"


def test_without_a_birth_date_the_stated_age_tells_how_old_she_was(fact):
    said = fact("menopausal_status", "postmenopausal", "2014-06-15")
    assert at(Subject(sex="F", stated_age_years=49), said).menopausal_status == "poi"
    assert at(Subject(sex="F", stated_age_years=51), said).menopausal_status == "postmenopausal"


def test_an_old_premenopausal_holds_while_she_is_young(fact):
    said = fact("menopausal_status", "premenopausal", "2015-01-01")
    assert at(WOMAN, said).menopausal_status == "premenopausal"
    older = Subject(sex="F", birth_date=date(1974, 1, 1))
    assert at(older, said).menopausal_status == "unknown"


@pytest.mark.parametrize(
    ("in_file", "in_facts", "status", "disagree"),
    [
        ("premenopausal", None, "premenopausal", False),
        ("unknown", "postmenopausal", "postmenopausal", False),
        ("premenopausal", "postmenopausal", "postmenopausal", True),
        ("postmenopausal", "surgical", "surgical", False),
        ("surgical", "postmenopausal", "surgical", False),
        ("postmenopausal", "premenopausal", "premenopausal", True),
        ("no such word", None, "unknown", False),
        ("not-applicable", None, "unknown", False),
    ],
)
def test_facts_go_before_the_file_and_say_so(fact, in_file, in_facts, status, disagree):
    subject = Subject(sex="F", birth_date=date(1972, 3, 1), menopausal_status=in_file)
    facts = [fact("menopausal_status", in_facts, "2024-06-15")] if in_facts else []
    found = at(subject, *facts)
    assert found.menopausal_status == status
    assert ("facts_disagree" in found.flags) is disagree


def test_premenopausal_at_70_is_doubted():
    found = at(Subject(sex="F", birth_date=date(1954, 1, 1), menopausal_status="premenopausal"))
    assert "status_implausible" in found.flags


# one woman, one pregnancy: last period 2023-07-26, birth 2024-05-01, weaned 2024-11-20
POP = [
    ("pregnancy_last_period", "yes", "2023-07-26"),
    ("delivery", "yes", "2024-05-01"),
    ("feeding", "exclusive", "2024-05-02"),
    ("weaning", "yes", "2024-11-20"),
]


@pytest.mark.parametrize(
    ("day", "status", "gestation", "postpartum", "weaned"),
    [
        ("2023-07-25", "unknown", None, None, None),
        ("2023-10-18", "pregnant", 84, None, None),  # 12 weeks
        ("2024-04-30", "pregnant", 279, None, None),
        ("2024-05-01", "lactating", None, 0, False),
        ("2024-11-19", "lactating", None, 202, False),
        ("2024-11-20", "after-weaning", None, 203, True),
        ("2025-11-20", "after-weaning", None, 568, True),
    ],
)
def test_a_pregnancy_by_dates(fact, day, status, gestation, postpartum, weaned):
    found = at(WOMAN, *(fact(*f) for f in POP), day=date.fromisoformat(day))
    assert found.menopausal_status == status
    assert (found.gestation_days, found.postpartum_days) == (gestation, postpartum)
    assert found.weaned is weaned
    assert "facts_disagree" not in found.flags


@pytest.mark.parametrize(
    ("day", "status", "flag"),
    [("2025-04-30", "lactating", True), ("2025-05-01", "premenopausal", False)],
)
def test_without_a_weaning_date_twelve_months_count(fact, day, status, flag):
    found = at(WOMAN, fact("delivery", day="2024-05-01"), day=date.fromisoformat(day))
    assert found.menopausal_status == status
    assert ("feeding_unknown" in found.flags) is flag


def test_long_breastfeeding_that_is_recorded_counts(fact):
    facts = [fact("delivery", day="2022-05-01"), fact("feeding", "mixed", "2024-06-01")]
    assert at(WOMAN, *facts).menopausal_status == "lactating"


def test_never_breastfed_is_not_lactating(fact):
    facts = [fact("delivery", day="2024-05-01"), fact("feeding", "none", "2024-05-01")]
    found = at(WOMAN, *facts)
    assert found.menopausal_status == "premenopausal"
    assert found.weaned is None


def test_a_due_date_goes_before_a_last_period(fact):
    facts = [fact("pregnancy_last_period", day="2024-03-01"), fact("due_date", day="2024-12-15")]
    found = at(WOMAN, *facts)
    assert found.gestation_days == 280 - (date(2024, 12, 15) - DAY).days


def test_a_lost_pregnancy_is_over(fact):
    facts = [
        fact("pregnancy_last_period", day="2024-03-01"),
        fact("pregnancy_loss", day="2024-05-10"),
    ]
    found = at(WOMAN, *facts)
    assert found.menopausal_status == "premenopausal"
    assert found.gestation_days is None


def test_a_birth_soon_after_shows_the_pregnancy(fact):
    found = at(WOMAN, fact("delivery", day="2024-10-01"))
    assert found.menopausal_status == "pregnant"
    assert "pregnancy_inferred" in found.flags
    assert at(WOMAN, fact("delivery", day="2025-03-01")).menopausal_status == "unknown"


def test_the_file_knows_its_own_day(fact):
    found = at(woman(gestation_days=84.0, menopausal_status="pregnant"))
    assert (found.menopausal_status, found.gestation_days) == ("pregnant", 84.0)
    later = at(woman(postpartum_days=180.0, menopausal_status="lactating"))
    assert (later.menopausal_status, later.postpartum_days, later.weaned) == (
        "lactating",
        180.0,
        False,
    )
    assert later.flags == ()
    weaned = at(woman(postpartum_days=180.0, menopausal_status="after-weaning"))
    assert (weaned.menopausal_status, weaned.weaned) == ("after-weaning", True)
    older_child = fact("delivery", day="2020-01-01")
    again = at(woman(gestation_days=84.0), older_child)
    assert again.menopausal_status == "pregnant"


def test_a_birth_among_the_facts_ends_the_file_s_pregnancy(fact):
    found = at(woman(gestation_days=84.0), fact("delivery", day="2024-06-01"))
    assert found.menopausal_status == "lactating"


def test_definitely_pregnant_in_the_header_counts():
    assert at(woman(pregnancy_status_code=3)).menopausal_status == "pregnant"
    assert at(woman(pregnancy_status_code=2)).menopausal_status == "unknown"


@pytest.mark.parametrize("day", [DAY, None])
def test_definitely_pregnant_counts_with_the_sex_of_the_facts_and_without_a_date(fact, day):
    found = at(Subject(pregnancy_status_code=3), fact("sex", "F"), day=day)
    assert found.menopausal_status == "pregnant"
    assert at(Subject(pregnancy_status_code=2), fact("sex", "F"), day=day).menopausal_status == (
        "unknown"
    )
    man = at(Subject(pregnancy_status_code=3), fact("sex", "M"), day=day)
    assert man.menopausal_status == "not-applicable"


@pytest.mark.parametrize(
    ("postpartum", "recorded", "days", "disagree"),
    [
        (180.0, "2019-05-01", 180, True),  # another child, that the facts do not know
        (180.0, "2024-06-01", 14, True),
        (180.0, "2023-12-19", 179, False),  # one birth, counted a day wrong: the recorded day
        (172.0, "2023-12-19", 179, False),  # seven days apart
        (171.0, "2023-12-19", 171, True),  # eight
    ],
)
def test_of_two_births_the_later_counts(fact, postpartum, recorded, days, disagree):
    subject = woman(postpartum_days=postpartum)
    found = at(subject, fact("delivery", day=recorded))
    assert (found.menopausal_status, found.postpartum_days) == ("lactating", days)
    assert ("facts_disagree" in found.flags) is disagree


@pytest.mark.parametrize(
    ("facts", "status", "disagree"),
    [
        # weaned on two days: not before the later one
        ([("weaning", "2024-05-20"), ("weaning", "2024-06-20")], "lactating", True),
        ([("weaning", "2024-05-20"), ("weaning", "2024-06-10")], "after-weaning", True),
        ([("weaning", "2024-05-20"), ("weaning", "2024-05-20")], "after-weaning", False),
        # weaned, another child, weaned: two cycles
        ([("weaning", "2024-05-20"), ("delivery", "2025-06-01"), ("weaning", "2025-12-01")],
         "after-weaning", False),
        # breastfed after the weaning
        ([("feeding", "2024-03-01"), ("weaning", "2024-05-20")], "after-weaning", False),
        ([("weaning", "2024-05-20"), ("feeding", "2024-06-01")], "lactating", True),
        ([("weaning", "2024-05-20"), ("feeding", "2024-07-01")], "lactating", True),
        # born twice within one pregnancy's time
        ([("delivery", "2024-03-02")], "lactating", False),  # twins, before and after midnight
        ([("delivery", "2024-05-01")], "lactating", True),
        ([("delivery", "2022-03-01")], "lactating", False),
    ],
)  # fmt: skip
def test_one_child_is_born_and_weaned_once(fact, facts, status, disagree):
    born = fact("delivery", day="2024-03-01")
    told = [fact(n, "mixed" if n == "feeding" else "yes", d) for n, d in facts]
    found = at(WOMAN, born, *told)
    assert found.menopausal_status == status
    assert ("facts_disagree" in found.flags) is disagree


def test_feeding_after_a_weaning_does_not_last_for_ever(fact):
    facts = [
        fact("delivery", day="2018-03-01"),
        fact("weaning", day="2018-09-01"),
        fact("feeding", "mixed", "2018-10-01"),
    ]
    assert at(WOMAN, *facts).menopausal_status == "premenopausal"


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [("feeding", ("exclusive", "none"), "lactating"), ("pregnancy", ("no", "yes"), "pregnant")],
)
def test_two_words_on_one_day_are_doubted_and_judged_by_z(fact, name, values, status):
    born = [fact("delivery", day="2024-03-01")] if name == "feeding" else []
    found = at(WOMAN, *born, *(fact(name, v, "2024-06-01") for v in values))
    assert found.menopausal_status == status
    assert "facts_disagree" in found.flags


def test_pregnancy_after_menopause_is_doubted_and_judged_by_z(fact):
    facts = [fact("menopause", "natural", "2022-01-01"), fact("pregnancy", "yes", "2024-06-01")]
    subject = Subject(sex="F", birth_date=date(1975, 1, 1))
    found = at(subject, *facts)
    assert found.menopausal_status == "pregnant"
    assert "facts_disagree" in found.flags


@pytest.mark.parametrize(
    ("facts", "any_", "grave"),
    [
        ([], None, None),
        ([("fragility_fracture", "none", "2024-01-01")], False, False),
        ([("fragility_fracture", "forearm", "2024-01-01")], True, False),
        ([("fragility_fracture", "vertebral", "2024-01-01")], True, True),
        ([("fragility_fracture", "hip", None)], True, True),
        ([("fragility_fracture", "hip", "2024-06-16")], None, None),
        (
            [
                ("fragility_fracture", "none", "2020-01-01"),
                ("fragility_fracture", "hip", "2023-01-01"),
            ],
            True,
            True,
        ),
        ([("other_fracture", "hip", "2023-01-01")], None, None),
    ],
)
def test_fractures_until_the_exam(fact, facts, any_, grave):
    found = at(OLDER, *(fact(*f) for f in facts))
    assert (found.fragility_fracture, found.hip_or_vertebral_fracture) == (any_, grave)


def test_height_and_weight_of_the_exam_lead(fact):
    facts = [fact("height_cm", "160", "2020-01-01"), fact("weight_kg", "60", "2024-01-01")]
    found = at(woman(), *facts)
    assert (found.height_cm, found.weight_kg) == (160.0, 60.0)
    assert found.bmi_kg_m2 == pytest.approx(60 / 1.6**2)
    assert at(woman(weight_kg=55.0), *facts).weight_kg == 55.0
    assert at(woman(), fact("weight_kg", "60", "2023-06-14")).weight_kg is None
    torn = at(woman(), *facts, fact("weight_kg", "80", "2024-01-01"))
    assert (torn.height_cm, torn.weight_kg, torn.bmi_kg_m2) == (160.0, None, None)
    assert "facts_disagree" in torn.flags


def test_without_an_exam_date_only_undated_facts_speak(fact):
    facts = [fact("menopausal_status", "postmenopausal", "2020-01-01")]
    found = at(OLDER, *facts, day=None)
    assert found.menopausal_status == "unknown"
    assert "exam_date_unknown" in found.flags
    assert at(OLDER, fact("menopausal_status", "postmenopausal"), day=None).menopausal_status == (
        "postmenopausal"
    )


FACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["delivery", "weaning", "pregnancy_last_period", "due_date", "pregnancy_loss",
             "periods_returned", "last_period", "hysterectomy"]
        ),
        st.dates(date(2015, 1, 1), date(2026, 1, 1)),
    )
    | st.tuples(st.just("menopausal_status"), st.dates(date(2015, 1, 1), date(2026, 1, 1))),
    max_size=6,
)  # fmt: skip


@given(facts=FACTS, word=st.sampled_from(list(MenopausalStatus)), data=st.randoms())
def test_the_order_of_facts_is_nothing_and_nothing_breaks(facts, word, data):
    from bonescan.model.person import Fact

    made = [
        Fact(
            patient_id="1",
            issuer=None,
            date=day,
            fact=name,
            value=str(word) if name == "menopausal_status" else "yes",
        )
        for name, day in facts
    ]
    first = at(WOMAN, *made)
    data.shuffle(made)
    assert at(WOMAN, *made) == first
    assert first.menopausal_status in MenopausalStatus


def test_an_exam_before_the_birth_is_an_identity_conflict():
    found = at(WOMAN, day=date(1980, 1, 1))
    assert found.age_years is None
    assert "identity_conflict" in found.flags


def test_a_part_of_a_year_is_an_exact_age():
    found = at(Subject(sex="F", stated_age_years=0.5))
    assert (found.age_years, found.age_is_exact) == (0.5, True)


@pytest.mark.parametrize(
    ("age", "status"),
    [("36", "poi"), ("51", "transition"), ("50.5", "postmenopausal"), ("53", "unknown")],
)
def test_an_age_at_menopause(fact, age, status):
    subject = Subject(sex="F", birth_date=date(1971, 12, 15))  # 52.5 at the exam
    assert at(subject, fact("menopause_age_years", age)).menopausal_status == status
