"""The tables of the store. Nothing is overwritten: a newer result supersedes the older one."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = "2"


class Base(DeclarativeBase):
    """Parent of all tables."""


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
    size_bytes: Mapped[int] = mapped_column()
    first_run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"))
    work_key: Mapped[str] = mapped_column(ForeignKey("result.work_key"))


class LocationRow(Base):
    """Where a content was seen: input folder and path below it."""

    __tablename__ = "location"
    root: Mapped[str] = mapped_column(Text, primary_key=True)
    file: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"))
    __table_args__ = (Index("location_by_content", "sha256"),)


class FactRow(Base):
    """One dated fact about a person."""

    __tablename__ = "fact"
    fact_id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, index=True)
    slot_key: Mapped[str] = mapped_column(Text, index=True)  # what holds one value at a time
    fact_key: Mapped[str] = mapped_column(Text)  # hash of all but its place
    body: Mapped[str] = mapped_column(Text)  # JSON
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.run_id"))
    file: Mapped[str] = mapped_column(Text)  # resolved path of the facts file; empty: from none
    added_in: Mapped[int] = mapped_column()  # number of the import, counted from 1
    withdrawn_in: Mapped[int | None] = mapped_column()  # the import since which its file is silent
