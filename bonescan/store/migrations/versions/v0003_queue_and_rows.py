"""Work queue, confirmations, rows for SQL; places and results keep their history."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

LIVE = sa.text("superseded_in IS NULL")


def upgrade() -> None:
    """Take a store from version 2 to 3."""
    _results_say_what_replaced_them()
    _places_become_sources()
    _facts_in_columns()
    _confirmations()
    _jobs()
    _rows_for_sql()
    _views()


def _run(name: str = "run_id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey("run.run_id"), nullable=nullable)


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return _text(*names, nullable=True)


def _numbers(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double(), nullable=True) for name in names]


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _live(table: str, name: str, *columns: str, unique: bool = False) -> None:
    op.create_index(
        name, table, list(columns), unique=unique, sqlite_where=LIVE, postgresql_where=LIVE
    )


def _results_say_what_replaced_them() -> None:
    with op.batch_alter_table("result") as table:
        table.add_column(
            sa.Column(
                "superseded_in",
                sa.Integer(),
                sa.ForeignKey("run.run_id", name="result_superseded_in"),
                nullable=True,
            )
        )
        table.add_column(sa.Column("superseded_by", sa.Text(), nullable=True))
    with op.batch_alter_table("content") as table:
        table.alter_column("size_bytes", type_=sa.BigInteger(), existing_nullable=False)
    op.execute(
        "UPDATE result SET superseded_by = content.work_key, superseded_in = ("
        "SELECT f.run_id FROM result AS f WHERE f.work_key = content.work_key) "
        "FROM content WHERE content.sha256 = result.sha256 "
        "AND content.work_key <> result.work_key"
    )


def _places_become_sources() -> None:
    op.create_table(
        "source",
        sa.Column("source_id", sa.Integer(), primary_key=True),
        *_text("root", "file", "sha256"),
        _run(),
        _run("superseded_in", nullable=True),
    )
    op.execute(
        "INSERT INTO source (root, file, sha256, run_id) "
        "SELECT root, file, sha256, run_id FROM location ORDER BY root, file"
    )
    op.drop_table("location")
    op.create_index("ix_source_sha256", "source", ["sha256"])
    _live("source", "source_in_force", "root", "file", unique=True)


def _facts_in_columns() -> None:
    for column in _maybe("issuer", "day", "fact", "value"):
        op.add_column("fact", column)
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT fact_id, body FROM fact")).all()
    for fact_id, body in rows:
        said = json.loads(body)
        connection.execute(
            sa.text(
                "UPDATE fact SET issuer = :issuer, day = :day, fact = :fact, value = :value "
                "WHERE fact_id = :fact_id"
            ),
            {
                "issuer": said["issuer"],
                "day": said["date"],
                "fact": said["fact"],
                "value": said["value"],
                "fact_id": fact_id,
            },
        )
    with op.batch_alter_table("fact") as table:
        table.alter_column("fact", existing_type=sa.Text(), nullable=False)
        table.alter_column("value", existing_type=sa.Text(), nullable=False)
    op.create_index("ix_fact_fact", "fact", ["fact"])


def _confirmations() -> None:
    op.create_table(
        "confirmation",
        sa.Column("confirmation_id", sa.Integer(), primary_key=True),
        *_text("sha256", "site", "quantity"),
        *_numbers("value"),
        *_text("decision", "who", "reason", "at"),
        _run(nullable=True),
        sa.Column(
            "superseded_by",
            sa.Integer(),
            sa.ForeignKey("confirmation.confirmation_id"),
            nullable=True,
        ),
    )
    op.create_index("confirmation_about", "confirmation", ["sha256", "site", "quantity"])


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("work_key", sa.Text(), primary_key=True),
        *_text("sha256"),
        _run(),
        *_text("state"),
        *_maybe("who"),
        _count("beat"),
        _count("tries"),
        _count("deaths"),
        *_maybe("stopped_by"),
        *_numbers("stopped_at"),
    )
    where = sa.text("state = 'claimed'")
    op.create_index("job_leased", "job", ["who"], sqlite_where=where, postgresql_where=where)


def _versioned(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("row_id", sa.Integer(), primary_key=True),
        *_text("row_key", "row_sha256"),
        _run(),
        _run("superseded_in", nullable=True),
        *columns,
    )
    _live(name, f"{name}_in_force", "row_key", unique=True)


def _rows_for_sql() -> None:
    _versioned(
        "patient",
        *_text("patient_key"),
        *_maybe("sex", "birth_date", "first_exam_date", "last_exam_date"),
        _count("n_exams"),
    )
    _live("patient", "patient_by_day", "last_exam_date", "patient_key")
    _versioned("patient_number", *_text("patient_key", "issuer", "chart_number"))
    _live("patient_number", "patient_number_by_number", "chart_number", "issuer")
    _live("patient_number", "patient_number_by_patient", "patient_key")
    _versioned(
        "exam",
        *_text("patient_key", "sha256"),
        _count("part"),
        *_text("file", "format", "carrier", "outcome"),
        *_maybe("exam_date", "exam_time", "study_uid", "sop_instance_uid", "accession_number"),
        *_maybe("manufacturer", "device_model", "device_serial", "technique", "category"),
        _count("n_results"),
    )
    _live("exam", "exam_by_patient", "patient_key", "exam_date")
    _live("exam", "exam_by_day", "exam_date", "row_id")
    _live("exam", "exam_by_outcome", "outcome", "exam_date", "row_id")
    _live("exam", "exam_by_category", "category", "exam_date", "row_id")
    _live("exam", "exam_by_device", "device_serial", "exam_date", "row_id")
    _live("exam", "exam_by_content", "sha256")
    _versioned(
        "estimate",
        *_text("patient_key", "sha256"),
        _count("part"),
        *_maybe("exam_date"),
        *_text("technique", "origin", "site"),
        *_numbers("bmd_g_cm2", "bmd_u_g_cm2", "bmc_g", "area_cm2", "t_score", "z_score"),
        *_maybe("reference_id", "z_reference_id"),
        *_numbers("reported_t_score", "reported_z_score"),
        *_maybe("category", "category_rule", "score_used", "model_id"),
        *_text("flags"),
    )
    _live("estimate", "estimate_by_patient", "patient_key", "exam_date")
    _live("estimate", "estimate_by_content", "sha256")
    _versioned(
        "verdict",
        *_text("patient_key"),
        *_maybe("exam_date"),
        *_text("technique"),
        *_maybe("category", "severity", "deciding_site"),
        *_numbers("deciding_score"),
        *_maybe("category_rule"),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        *_text("flags"),
    )
    _live("verdict", "verdict_by_patient", "patient_key", "exam_date")
    _live("verdict", "verdict_by_category", "category", "exam_date", "row_id")
    _versioned("problem", *_text("code", "severity", "file", "reason", "hint"))
    _live("problem", "problem_by_code", "code", "file")


def _views() -> None:
    for name, which in (
        (
            "fracture_event",
            "f.fact IN ('fragility_fracture', 'other_fracture') AND f.value <> 'none'",
        ),
        ("referral", "f.fact IN ('fls_raised', 'fls_sent', 'fls_seen', 'fls_declined')"),
    ):
        op.execute(
            f"""
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
        )
