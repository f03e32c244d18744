"""Every fact about a person that may stand in a facts file: its kind, meaning and words.

Facts are outside the identity of a measurement: a new fact relabels, it never
measures again. A fact that is not listed here is refused by name, so that a
slip of the pen is seen and not lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bonescan.model.vocabulary import MenopausalStatus


class FactKind(StrEnum):
    """What the value of a fact is."""

    EVENT = "event"  # happened on its date; the value says nothing more
    WORD = "word"  # one of a closed list
    NUMBER = "number"  # in the unit that the name ends with
    DATE = "date"  # a date as value, true of the person
    YES_NO = "yes-no"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactName:
    """One fact that may be recorded.

    `words` maps every accepted spelling (case-folded) to the word that is
    stored; `low` and `high` are the limits of a number, both included, wide
    enough for any living person, so that they catch a wrong unit.
    """

    name: str
    kind: FactKind
    meaning: str
    name_zh: str = ""
    words: dict[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    aliases: tuple[str, ...] = ()
    dated: bool = True  # False: true of the person, not of a day

    @property
    def needs_date(self) -> bool:
        """Whether the fact says nothing without its date."""
        return self.kind is FactKind.EVENT or self.name in _DATED_STATES

    @property
    def allowed(self) -> str:
        """What the value may be, in words."""
        match self.kind:
            case FactKind.EVENT:
                return "nothing, or yes; the date says when"
            case FactKind.WORD:
                return ", ".join(dict.fromkeys(self.words.values()))
            case FactKind.NUMBER:
                return f"a number from {self.low:g} to {self.high:g}"
            case FactKind.DATE:
                return "a date as YYYY-MM-DD"
            case FactKind.YES_NO:
                return "yes or no"
            case FactKind.TEXT:
                return "text"


_DATED_STATES = frozenset(
    {"pregnancy", "feeding", "fls_raised", "fls_sent", "fls_seen", "fls_declined"}
)


def _words(*plain: str, **spellings: tuple[str, ...]) -> dict[str, str]:
    table = {word.casefold(): word for word in plain}
    for word, others in spellings.items():
        stored = word.replace("_", "-")
        table[stored.casefold()] = stored
        table |= {other.casefold(): stored for other in others}
    return table


_SEX = _words(F=("female", "woman", "w", "女", "女性"), M=("male", "man", "男", "男性"))

# Spellings seen in questionnaires; each must mean exactly one word of the vocabulary.
_STATUS = {str(status).casefold(): str(status) for status in MenopausalStatus} | {
    "pre-menopausal": "premenopausal",
    "停經前": "premenopausal",
    "perimenopausal": "transition",
    "menopausal transition": "transition",
    "更年期過渡期": "transition",
    "post-menopausal": "postmenopausal",
    "停經後": "postmenopausal",
    "surgical menopause": "surgical",
    "induced reversible": "induced-reversible",
    "premature ovarian insufficiency": "poi",
    "懷孕": "pregnant",
    "breastfeeding": "lactating",
    "哺乳": "lactating",
    "after weaning": "after-weaning",
    "not applicable": "not-applicable",
    "不明": "unknown",
}

_MENOPAUSE_KIND = _words(
    natural=("自然", "自然停經"),
    surgical=("oophorectomy", "手術"),
    induced_reversible=("induced", "induced reversible"),
    poi=("premature ovarian insufficiency", "早發性卵巢功能不全"),
)

_FEEDING = _words(
    exclusive=("breast", "exclusive breastfeeding", "全母乳"),
    mixed=("partial", "混合"),
    none=("never", "formula", "未哺乳", "配方奶"),
)

_FRACTURE_SITE = _words(
    "humerus", "pelvis", "rib", "ankle", "other",
    hip=("femur", "proximal femur", "髖部", "髖"),
    vertebral=("vertebra", "spine", "vertebral fracture", "脊椎", "椎體"),
    forearm=("wrist", "radius", "手腕", "前臂"),
    none=("no", "never", "無"),
)  # fmt: skip

YES_NO_WORDS = _words(yes=("y", "true", "1", "是", "有"), no=("n", "false", "0", "否", "無"))

_CATALOGUE = (
    # who
    FactName(name="sex", kind=FactKind.WORD, words=_SEX, dated=False, name_zh="性別",
             meaning="sex as the reference tables know it"),
    FactName(name="birth_date", kind=FactKind.DATE, dated=False, name_zh="出生日期",
             aliases=("date_of_birth", "dob", "生日"), meaning="date of birth"),
    FactName(name="ethnicity", kind=FactKind.TEXT, dated=False, name_zh="族裔",
             meaning="ancestry in the person's own words"),
    FactName(name="same_as", kind=FactKind.TEXT, dated=False,
             meaning="another id of the same person, as id or issuer|id (a crosswalk)"),
    FactName(name="died", kind=FactKind.EVENT, meaning="death; no list names the person after it"),
    # menopause
    FactName(name="menopausal_status", kind=FactKind.WORD, words=_STATUS, name_zh="停經狀態",
             aliases=("menopause_status",),
             meaning="menopausal status on the date (without a date: at every exam)"),
    FactName(name="menopause", kind=FactKind.WORD, words=_MENOPAUSE_KIND, name_zh="停經",
             aliases=("menopause_kind",),
             meaning="menopause of this kind; the date is that of the last period, the "
             "operation, the first dose or the diagnosis"),
    FactName(name="menopause_age_years", kind=FactKind.NUMBER, low=10, high=65, dated=False,
             aliases=("age_at_menopause",), name_zh="停經年齡",
             meaning="age at natural menopause, where no date is known"),
    FactName(name="last_period", kind=FactKind.EVENT, name_zh="末次月經",
             meaning="first day of the last menstrual period outside pregnancy"),
    FactName(name="hysterectomy", kind=FactKind.EVENT, name_zh="子宮切除",
             meaning="removal of the womb; periods then tell nothing about menopause"),
    # pregnancy and feeding
    FactName(name="pregnancy", kind=FactKind.YES_NO, name_zh="懷孕",
             aliases=("pregnant",), meaning="pregnant on the date"),
    FactName(name="pregnancy_last_period", kind=FactKind.EVENT, name_zh="懷孕前末次月經",
             aliases=("pregnancy_lmp", "lmp"),
             meaning="first day of the last period before a pregnancy"),
    FactName(name="embryo_transfer", kind=FactKind.NUMBER, low=0, high=7, name_zh="胚胎植入",
             aliases=("ivf_transfer",),
             meaning="transfer of an embryo of this age in days, on the date; dates a pregnancy "
             "before everything else"),
    FactName(name="ultrasound_gestation_days", kind=FactKind.NUMBER, low=35, high=308,
             name_zh="超音波妊娠天數", aliases=("ultrasound_dating_days",),
             meaning="gestation in days as ultrasound of the date shows it; the earliest counts"),
    FactName(name="due_date", kind=FactKind.EVENT, aliases=("edd",), name_zh="預產期",
             meaning="estimated date of delivery of a pregnancy"),
    FactName(name="delivery", kind=FactKind.EVENT, name_zh="分娩", aliases=("delivery_date",),
             meaning="birth of a child"),
    FactName(name="pregnancy_loss", kind=FactKind.EVENT, name_zh="懷孕中止",
             meaning="a pregnancy ended without a living child; reminders about feeding stop"),
    FactName(name="multiplicity", kind=FactKind.NUMBER, name_zh="胎數", low=1, high=8,
             meaning="children in the pregnancy: 1 single, 2 twins"),
    FactName(name="parity", kind=FactKind.NUMBER, name_zh="產次",
             low=0, high=25, meaning="births before"),
    FactName(name="feeding", kind=FactKind.WORD, words=_FEEDING, name_zh="哺乳",
             meaning="how the child is fed from the date on; none = never breastfed"),
    FactName(name="feeding_plan", kind=FactKind.WORD, words=_FEEDING, name_zh="哺餵計畫",
             meaning="how she plans to feed the child"),
    FactName(name="weaning", kind=FactKind.EVENT, name_zh="斷奶", aliases=("離乳", "weaning_date"),
             meaning="end of breastfeeding"),
    FactName(name="periods_returned", kind=FactKind.EVENT, name_zh="月經恢復",
             aliases=("menses_returned",),
             meaning="first period after a birth or after induced menopause"),
    FactName(name="prepregnancy_weight_kg", kind=FactKind.NUMBER, name_zh="孕前體重",
             low=25, high=300,
             meaning="weight before the pregnancy"),
    # fractures, pain, falls
    FactName(name="fragility_fracture", kind=FactKind.WORD, words=_FRACTURE_SITE,
             name_zh="脆弱性骨折",
             meaning="fracture from a fall of standing height or less, by site; none = "
             "asked and denied"),
    FactName(name="other_fracture", kind=FactKind.WORD, name_zh="其他骨折", words=_FRACTURE_SITE,
             meaning="fracture from greater force, by site"),
    FactName(name="back_pain", kind=FactKind.YES_NO, name_zh="背痛", meaning="back pain now"),
    FactName(name="falls_12_months", kind=FactKind.NUMBER, name_zh="12 個月內跌倒次數",
             low=0, high=400,
             meaning="falls in the last twelve months"),
    FactName(name="parent_hip_fracture", kind=FactKind.YES_NO, name_zh="父母髖部骨折",
             meaning="a parent broke a hip"),
    FactName(name="bone_pain", kind=FactKind.YES_NO, name_zh="骨頭疼痛",
             meaning="pain in other bones now"),
    FactName(name="fall_with_injury", kind=FactKind.YES_NO, name_zh="跌倒受傷",
             meaning="a fall in the last twelve months caused an injury"),
    FactName(name="spine_imaging", kind=FactKind.TEXT, name_zh="脊椎影像",
             meaning="imaging of the spine: its kind and its result"),
    FactName(name="family_osteoporosis", kind=FactKind.YES_NO, name_zh="家族骨質疏鬆",
             meaning="osteoporosis runs in the family"),
    FactName(name="family_breast_cancer", kind=FactKind.YES_NO, name_zh="家族乳癌",
             meaning="breast cancer runs in the family"),
    FactName(name="thrombosis_risk", kind=FactKind.YES_NO, name_zh="血栓風險",
             meaning="raised risk of thrombosis, without one in the past"),
    FactName(name="bmd_elsewhere", kind=FactKind.EVENT, name_zh="院外骨密度檢查",
             meaning="bone density was measured elsewhere; reminders count it, no number is kept"),
    # body
    FactName(name="height_cm", kind=FactKind.NUMBER, low=50, high=250, name_zh="身高",
             aliases=("height",), meaning="height"),
    FactName(name="tallest_height_cm", kind=FactKind.NUMBER, low=100, high=250, dated=False,
             meaning="the greatest height remembered"),
    FactName(name="weight_kg", kind=FactKind.NUMBER, low=10, high=400, name_zh="體重",
             aliases=("weight",), meaning="weight"),
    # disease and treatment
    FactName(name="cancer", kind=FactKind.TEXT, name_zh="癌症", meaning="diagnosis of a cancer"),
    FactName(name="disease", kind=FactKind.TEXT, name_zh="疾病",
             meaning="diagnosis of another disease"),
    FactName(name="hyperparathyroidism", kind=FactKind.YES_NO, name_zh="副甲狀腺機能亢進",
             meaning="hyperparathyroidism; the one-third radius may then give the class"),
    FactName(name="over_table_limit", kind=FactKind.YES_NO, name_zh="超過檢查床承重",
             meaning="heavier than the densitometer's table carries; the one-third radius may "
             "then give the class"),
    FactName(name="spine_not_evaluable", kind=FactKind.YES_NO, name_zh="腰椎無法判讀",
             meaning="a person judged that the lumbar spine can't be measured or read; it gives "
             "no class, and the one-third radius may"),
    FactName(name="hip_not_evaluable", kind=FactKind.YES_NO, name_zh="髖部無法判讀",
             meaning="a person judged that the hips can't be measured or read; they give no "
             "class, and the one-third radius may"),
    FactName(name="drug_start", kind=FactKind.TEXT, name_zh="開始用藥",
             meaning="first dose of a drug or hormone, by name"),
    FactName(name="drug_dose", kind=FactKind.TEXT, name_zh="用藥劑次",
             meaning="one dose given, by name"),
    FactName(name="drug_stop", kind=FactKind.TEXT, name_zh="停藥",
             meaning="last dose of a drug or hormone, by name"),
    FactName(name="smoking", kind=FactKind.YES_NO, name_zh="吸菸", meaning="smokes now"),
    FactName(name="alcohol_units_week", kind=FactKind.NUMBER, name_zh="每週飲酒單位",
             low=0, high=300,
             meaning="units of alcohol a week"),
    FactName(name="calcium_intake_mg_day", kind=FactKind.NUMBER, name_zh="每日鈣攝取量",
             low=0, high=6000,
             meaning="calcium from food and tablets"),
    FactName(name="dairy_servings_day", kind=FactKind.NUMBER, name_zh="每日乳品份數",
             low=0, high=30, meaning="servings of milk, cheese, yoghurt or fortified soy drink"),
    FactName(name="vitamin_d_supplement_iu_day", kind=FactKind.NUMBER, low=0, high=60000,
             name_zh="每日維生素 D 補充", meaning="vitamin D from tablets or drops"),
    FactName(name="coffee_cups_day", kind=FactKind.NUMBER, name_zh="每日咖啡杯數",
             low=0, high=40, meaning="cups of coffee a day"),
    FactName(name="exercise_days_week", kind=FactKind.NUMBER, name_zh="每週運動日數",
             low=0, high=7, meaning="days a week with 30 minutes of exercise or brisk walking"),
    FactName(name="autoimmune_disease", kind=FactKind.YES_NO, name_zh="自體免疫疾病",
             meaning="asked for an autoimmune disease; a named one is a disease"),
    FactName(name="lrp5_or_col1a1_variant", kind=FactKind.YES_NO, name_zh="LRP5 或 COL1A1 變異",
             meaning="asked for a variant of LRP5 or COL1A1"),
    FactName(name="heparin_or_steroid_in_pregnancy", kind=FactKind.YES_NO,
             name_zh="懷孕期間使用肝素或類固醇",
             meaning="asked for heparin or steroids in the pregnancy of the date"),
    # laboratory
    FactName(name="vitamin_d_ng_ml", kind=FactKind.NUMBER, name_zh="血清維生素 D", low=1, high=300,
             aliases=("25ohd_ng_ml",), meaning="25-hydroxyvitamin D in serum"),
    FactName(name="calcium_mg_dl", kind=FactKind.NUMBER, low=3, high=20, meaning="serum calcium"),
    FactName(name="phosphate_mg_dl", kind=FactKind.NUMBER, low=0.5, high=15,
             meaning="serum phosphate"),
    FactName(name="creatinine_mg_dl", kind=FactKind.NUMBER, low=0.1, high=25,
             meaning="serum creatinine"),
    FactName(name="alp_u_l", kind=FactKind.NUMBER, low=5, high=5000,
             meaning="alkaline phosphatase in serum"),
    FactName(name="pth_pg_ml", kind=FactKind.NUMBER, low=1, high=5000,
             meaning="parathyroid hormone in serum"),
    FactName(name="fsh_iu_l", kind=FactKind.NUMBER, low=0.1, high=300,
             meaning="follicle-stimulating hormone in serum"),
    FactName(name="estradiol_pg_ml", kind=FactKind.NUMBER, low=1, high=30000,
             meaning="oestradiol in serum"),
    # referral to a Fracture Liaison Service; the value says who did it
    FactName(name="fls_raised", kind=FactKind.TEXT, name_zh="提出骨折聯合照護轉介",
             meaning="referral to the Fracture Liaison Service raised, by whom"),
    FactName(name="fls_sent", kind=FactKind.TEXT, name_zh="送出骨折聯合照護轉介",
             meaning="referral to the Fracture Liaison Service sent, by whom"),
    FactName(name="fls_seen", kind=FactKind.TEXT, name_zh="骨折聯合照護已看診",
             meaning="seen by the Fracture Liaison Service, by whom; closes the referral"),
    FactName(name="fls_declined", kind=FactKind.TEXT, name_zh="婉拒骨折聯合照護轉介",
             meaning="referral to the Fracture Liaison Service declined, by whom; closes it"),
    # study
    FactName(name="fracture_event", kind=FactKind.TEXT, name_zh="骨折事件",
             meaning="a fracture of the date as an outcome: site=…; trauma=none, light or other; "
             "imaging=kind, day and result; adjudicated=who and day (`pop fracture` writes it)"),
    FactName(name="pop_enrolled", kind=FactKind.EVENT,
             meaning="enrolment in the pregnancy protocol POP; its visits become due"),
    FactName(name="high_risk_pregnancy", kind=FactKind.YES_NO, name_zh="高風險妊娠",
             meaning="the clinician judges the pregnancy at high risk for bone"),
    FactName(name="preterm_risk_or_planned_caesarean", kind=FactKind.YES_NO,
             meaning="preterm birth is likely, or a caesarean is planned"),
    FactName(name="centre", kind=FactKind.TEXT, meaning="study centre"),
    FactName(name="consent", kind=FactKind.EVENT, meaning="consent to a study"),
    FactName(name="withdrawn", kind=FactKind.EVENT,
             meaning="withdrawal from a study; nothing new is taken after it"),
)  # fmt: skip

# A person may have several of these on one day; of any other fact a later import supersedes.
# `same_as` is not among them: a wrong crosswalk must be correctable.
SEVERAL_A_DAY = frozenset(
    {
        "fragility_fracture",
        "other_fracture",
        "cancer",
        "disease",
        "drug_start",
        "drug_dose",
        "drug_stop",
        "spine_imaging",
        "fracture_event",
    }
)

FACT_NAMES: dict[str, FactName] = {fact.name: fact for fact in _CATALOGUE}


def _spellings() -> dict[str, str]:
    table: dict[str, str] = {}
    for fact in _CATALOGUE:
        for spelling in (fact.name, fact.name_zh, *fact.aliases):
            if spelling:
                table[_key(spelling)] = fact.name
    return table


def _key(text: str) -> str:
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


_SPELLINGS = _spellings()


def find_fact(text: str) -> FactName | None:
    """Find the fact that `text` names, in any case, with blanks or hyphens for underscores.

    >>> find_fact("Birth date").name
    'birth_date'
    >>> find_fact("shoe size") is None
    True
    """
    name = _SPELLINGS.get(_key(text))
    return None if name is None else FACT_NAMES[name]
