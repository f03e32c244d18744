"""The tables of the store. Nothing is overwritten: a newer row supersedes the older one.

Every row that a run brought names it in `run_id`; a row that is no longer in
force names in `superseded_in` the run since which it is not.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Double, ForeignKey, Index, LargeBinary, MetaData, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = "3"
IN_FORCE = text("superseded_in IS NULL")


class Base(DeclarativeBase):
    """Parent of all tables; names of constraints are fixed, so that they can be changed later."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {float: Double}  # 8 bytes everywhere
    metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s"})


class Meta(Base):
    """Facts about the store itself."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class RunRow(Base):
    """One run of the program."""

    __tablename__ = "run"
    run_id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[str] = mapped_column(Text)  # UTC, ISO 8601
    finished_at: Mapped[str | None] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    settings: Mapped[str] = mapped_column(Text)  # JSON


class ResultRow(Base):
    """The outcome of one content under one set of versions and settings."""

    __tablename__ = "result"
    work_key: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(Text, index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"))
    outcome: Mapped[str] = mapped_column(Text)  # JSON, without pictures
    outcome_sha256: Mapped[str] = mapped_column(Text)
    superseded_in: Mapped[int | None] = mapped_column(ForeignKey("run.run_id"))
    superseded_by: Mapped[str | None] = mapped_column(Text)  # work key of the result in force


class PictureRow(Base):
    """A picture of a result."""

    __tablename__ = "picture"
    work_key: Mapped[str] = mapped_column(ForeignKey("result.work_key"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(Text)  # JSON, without the bytes
    png: Mapped[bytes] = mapped_column(LargeBinary)


class ContentRow(Base):
    """One content of bytes, and which of its results is in force."""

    __tablename__ = "content"
    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    first_run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"))
    work_key: Mapped[str] = mapped_column(ForeignKey("result.work_key"))


class SourceRow(Base):
    """Where a content was seen: input folder and path below it."""

    __tablename__ = "source"
    source_id: Mapped[int] = mapped_column(primary_key=True)
    root: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text, index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"))
    superseded_in: Mapped[int | None] = mapped_column(ForeignKey("run.run_id"))
    __table_args__ = (
        Index(
            "source_in_force",
            "root",
            "file",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )


class FactRow(Base):
    """One dated fact about a person."""

    __tablename__ = "fact"
    fact_id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, index=True)  # chart number as written
    issuer: Mapped[str | None] = mapped_column(Text)
    day: Mapped[str | None] = mapped_column(Text)  # ISO 8601
    fact: Mapped[str] = mapped_column(Text, index=True)
    value: Mapped[str] = mapped_column(Text)
    slot_key: Mapped[str] = mapped_column(Text, index=True)  # what holds one value at a time
    fact_key: Mapped[str] = mapped_column(Text)  # hash of all but its place
    body: Mapped[str] = mapped_column(Text)  # JSON
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.run_id"))
    file: Mapped[str] = mapped_column(Text)  # resolved path of the facts file; empty: from none
    added_in: Mapped[int] = mapped_column()  # number of the import, counted from 1
    withdrawn_in: Mapped[int | None] = mapped_column()  # the import since which its file is silent


class ConfirmationRow(Base):
    """What a person decided about one number or one vertebra."""

    __tablename__ = "confirmation"
    confirmation_id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(Text)
    quantity: Mapped[str] = mapped_column(Text)
    value: Mapped[float | None] = mapped_column()
    decision: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(Text)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.run_id"))
    superseded_by: Mapped[int | None] = mapped_column(
        ForeignKey("confirmation.confirmation_id")
    )  # the later decision about the same thing
    __table_args__ = (Index("confirmation_about", "sha256", "site", "quantity"),)


class JobRow(Base):
    """One piece of work: waiting, leased to a run, or done."""

    __tablename__ = "job"
    work_key: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"))  # that asked for it first
    state: Mapped[str] = mapped_column(Text)  # "new", "claimed" or "done"
    who: Mapped[str | None] = mapped_column(Text)  # process that holds the lease
    beat: Mapped[int] = mapped_column(default=0)  # counted up while that process lives
    tries: Mapped[int] = mapped_column(default=0)  # leases given out
    deaths: Mapped[int] = mapped_column(default=0)  # workers that died of it
    stopped_by: Mapped[str | None] = mapped_column(Text)  # "memory" or "time": the limit it met
    stopped_at: Mapped[float | None] = mapped_column()  # that limit, bytes or seconds
    __table_args__ = (
        Index(
            "job_leased",
            "who",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
    )
