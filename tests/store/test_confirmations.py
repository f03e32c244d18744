"""Decisions of people: a later one supersedes, and every one stays."""

from __future__ import annotations

import dataclasses

from bonescan.model.confirmation import EXCLUDE_VERTEBRA, Confirmation, Decision
from bonescan.store.store import Store

BMD = Confirmation(
    sha256="a" * 64,
    site="L1-L4",
    quantity="bmd",
    value=0.934,
    decision=Decision.CONFIRM,
    who="Dr. 林",
    reason="read on the film",
    at="2026-05-04T09:30:00+08:00",
)


def test_a_later_decision_supersedes_and_the_earlier_one_stays(store: Store) -> None:
    run = store.begin_run("0", "{}")
    assert store.put_confirmations(run, [BMD]) == 1
    later = dataclasses.replace(BMD, decision=Decision.CORRECT, value=0.943, at="2026-05-05")
    assert store.put_confirmations(None, [later]) == 1
    assert store.confirmations() == (later,)
    assert store.confirmations(superseded=True) == (BMD, later)
    with store._engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select confirmation_id, run_id, superseded_by from confirmation order by 1"
        ).all()
    assert [tuple(r) for r in rows] == [(1, run, 2), (2, None, None)]


def test_the_same_file_read_again_adds_nothing(store: Store) -> None:
    vertebra = dataclasses.replace(BMD, site="L3", quantity=EXCLUDE_VERTEBRA, value=None)
    assert store.put_confirmations(None, [BMD, vertebra]) == 2
    again = dataclasses.replace(BMD, at="2026-06-01T00:00:00+08:00")
    assert store.put_confirmations(None, [again, vertebra]) == 0
    assert store.confirmations() == (BMD, vertebra)


def test_two_decisions_in_one_file_about_one_number_end_with_the_last(store: Store) -> None:
    rejected = dataclasses.replace(BMD, decision=Decision.REJECT)
    assert store.put_confirmations(None, [BMD, rejected]) == 2
    assert store.confirmations() == (rejected,)


def test_a_decision_without_a_time_gets_that_of_the_store(store: Store) -> None:
    store.put_confirmations(None, [dataclasses.replace(BMD, at="")])
    assert store.confirmations()[0].at.endswith("+00:00")
    assert store.confirmations()[0].to_dict()["decision"] == "confirm"
