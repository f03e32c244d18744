"""The unit suffixes that field names may end in; the house test reads them from here."""

UNIT_SUFFIXES = (
    "_g_cm2", "_g", "_cm2", "_mm", "_m", "_cm", "_kg", "_hz", "_mhz", "_db", "_db2", "_db_cm_mhz",
    "_s", "_m_s", "_rad", "_days", "_weeks", "_years", "_percent", "_1", "_kg_m2",
    "_mm_per_pixel",
)  # fmt: skip

# Names of quantities that carry no unit, or whose unit is their name.
BARE_QUANTITIES = (
    "t_score",
    "z_score",
    "t_u",  # standard uncertainty of T, in SD like T itself
    "t_u_with_reference",  # the same with the standard errors of the reference
    "t_label",
    "z_label",
    "kappa",
    "ccc",
    "fragility_score",
    "p_normal",
    "p_osteopenia",
    "p_osteoporosis",
    "deciding_score",
)
