"""Views over the facts in force, for questions in SQL."""

from __future__ import annotations

_FACTS = """
CREATE VIEW {name} AS
SELECT f.fact_id, f.patient_id AS chart_number, f.issuer, f.day, f.fact, f.value, f.run_id
FROM fact AS f
WHERE {which}
  AND f.withdrawn_in IS NULL
  AND f.added_in = (
    SELECT max(g.added_in) FROM fact AS g
    WHERE g.slot_key = f.slot_key AND g.withdrawn_in IS NULL
  )
"""

VIEWS = {
    "fracture_event": _FACTS.format(
        name="fracture_event",
        which="f.fact IN ('fragility_fracture', 'other_fracture')"
        " AND f.value <> 'none'",  # said to have had none
    ),
    "referral": _FACTS.format(
        name="referral",
        which="f.fact IN ('fls_raised', 'fls_sent', 'fls_seen', 'fls_declined')",
    ),
}
