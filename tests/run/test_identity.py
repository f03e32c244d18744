"""Who is who: pseudonyms, and doubts that keep exams apart."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import date

import pytest

from bonescan.errors import EnvironmentFault
from bonescan.model.exam import Subject
from bonescan.model.person import Fact
from bonescan.workflows.identify import (
    ByPseudonym,
    Crosswalk,
    PersonKey,
    facts_of,
    identity_conflicts,
)
from bonescan.workflows.pseudonyms import KEY_NAME, Pseudonyms, open_pseudonyms, user_key_file

BORN = date(1960, 5, 4)


def subject(patient_id: str = "0012", **more: object) -> Subject:
    return Subject(**({"patient_id": patient_id, "birth_date": BORN, "sex": "F"} | more))  # type: ignore[arg-type]


def conflicts(*subjects: Subject, facts: tuple[Fact, ...] = ()) -> dict[PersonKey, str]:
    people: dict[PersonKey, list[Subject]] = {}
    for number, one in enumerate(subjects):
        people.setdefault(PersonKey.of(one, str(number)), []).append(one)
    return identity_conflicts(people, {key: facts_of(key, facts) for key in people})


def test_one_person_seen_twice_is_no_conflict():
    assert conflicts(subject(), subject(), subject(birth_date=None, sex=None)) == {}


def test_two_birth_dates_under_one_number_are_named():
    (reason,) = conflicts(subject(), subject(birth_date=date(1961, 5, 4))).values()
    assert "'0012' stands with 2 birth dates (1960-05-04 and 1961-05-04)" in reason


def test_under_pseudonyms_no_sentence_holds_a_number_or_a_date():
    speech = ByPseudonym(Pseudonyms(key=bytes(32)))
    two = [subject(), subject(birth_date=date(1961, 5, 4))]
    people = {PersonKey("", "0012"): two, PersonKey("", "12"): [subject("12")]}
    reasons = " ".join(identity_conflicts(people, {}, None, speech).values())
    assert "2 birth dates" in reasons
    assert "differ only in spelling" in reasons
    assert not re.search(r"'0*12'|19\d\d", reasons)


def test_two_sexes_under_one_number_are_a_conflict():
    (reason,) = conflicts(subject(), subject(sex="M")).values()
    assert "both sexes (F and M)" in reason


def test_a_birth_date_among_the_facts_can_contradict_the_scan():
    fact = Fact(patient_id="0012", issuer=None, date=None, fact="birth_date", value="1970-01-01")
    assert conflicts(subject(), facts=(fact,))


def test_leading_zeros_make_another_number_and_a_doubt_when_the_birth_date_is_the_same():
    assert set(conflicts(subject("0012"), subject("12"))) == {
        PersonKey("", "0012"),
        PersonKey("", "12"),
    }
    assert conflicts(subject("0012"), subject("12", birth_date=date(1999, 1, 1))) == {}


def test_one_name_and_birth_date_under_two_numbers_is_a_doubt_and_never_a_join():
    found = conflicts(subject("1", name="Chen^Yijun"), subject("2", name="CHEN YIJUN"))
    assert len(found) == 2
    assert all("they are not joined" in reason for reason in found.values())


def test_the_same_number_from_two_issuers_is_two_people():
    assert conflicts(subject(issuer="A"), subject(issuer="B", birth_date=date(1999, 1, 1))) == {}


def test_facts_find_their_person_by_number_and_issuer():
    facts = [
        Fact(patient_id="0012", issuer=issuer, date=None, fact="sex", value="F")
        for issuer in (None, "", "A", "B")
    ]
    assert [f.issuer for f in facts_of(PersonKey("A", "0012"), facts)] == [None, "", "A"]
    assert facts_of(PersonKey("", "", "sha"), facts) == ()


def test_a_crosswalk_joins_numbers_and_survives_a_circle():
    def same(one: str, other: str) -> Fact:
        return Fact(patient_id=one, issuer="A", date=None, fact="same_as", value=other)

    walk = Crosswalk.of([same("1", "2"), same("2", "B|3")])
    assert walk.person(PersonKey("A", "1")) == PersonKey("B", "3")
    assert walk.names(PersonKey("B", "3")) == (
        PersonKey("B", "3"),
        PersonKey("A", "1"),
        PersonKey("A", "2"),
    )
    circle = Crosswalk.of([same("1", "2"), same("2", "1")])
    assert circle.person(PersonKey("A", "1")) == circle.person(PersonKey("A", "2"))


def same_as(one: str, other: str, issuer: str | None = None) -> Fact:
    return Fact(patient_id=one, issuer=issuer, date=None, fact="same_as", value=other)


def test_a_crosswalk_without_issuer_holds_for_every_issuer_that_has_the_number():
    keys = [PersonKey("A", "1"), PersonKey("A", "2"), PersonKey("B", "1"), PersonKey("C", "9")]
    walk = Crosswalk.of([same_as("1", "2")], keys)
    assert walk.person(PersonKey("A", "1")) == PersonKey("A", "2")
    assert walk.person(PersonKey("B", "1")) == PersonKey("B", "2")
    assert walk.person(PersonKey("C", "9")) == PersonKey("C", "9")
    assert Crosswalk.of([same_as("1", "C|9")], keys).person(keys[0]) == PersonKey("C", "9")


@pytest.mark.parametrize("turn", [1, -1])
def test_two_targets_of_one_number_join_nothing_and_are_named(turn):
    key = PersonKey("A", "1")
    both = [same_as("1", "2"), same_as("1", "3", "A")][::turn]
    walk = Crosswalk.of(both, [key])
    assert walk.person(key) == key
    people = {key: [subject("1", issuer="A")], PersonKey("A", "2"): [Subject()]}
    found = identity_conflicts(people, {}, walk)
    assert set(found) == {key}
    assert (
        "'1' is said to be the same person as chart number '2' and chart number '3'" in found[key]
    )
    agreed = Crosswalk.of([same_as("1", "2"), same_as("1", "A|2", "A")], [key])
    assert agreed.person(key) == PersonKey("A", "2")
    assert agreed.doubts == {}


def test_a_number_that_leads_into_a_circle_is_of_the_circle():
    walk = Crosswalk.of([same_as("0", "1", "A"), same_as("1", "2", "A"), same_as("2", "1", "A")])
    assert {walk.person(PersonKey("A", n)) for n in "012"} == {PersonKey("A", "1")}


def test_a_pseudonym_is_the_keyed_hash_of_issuer_and_number():
    key = bytes(range(32))
    digest = hmac.digest(key, b"A\x000012", "sha256")

    assert (
        Pseudonyms(key=key).of("A", "0012") == "P-" + base64.b32encode(digest).decode().lower()[:10]
    )
    assert Pseudonyms(key=key).of("A", "12") != Pseudonyms(key=key).of("A", "0012")
    assert Pseudonyms(key=key).of("A0", "012") != Pseudonyms(key=key).of("A", "0012")


def test_the_key_is_made_once_for_the_user_and_lies_beside_each_store(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = open_pseudonyms(tmp_path / "one"), open_pseudonyms(tmp_path / "two")
    assert one == two == open_pseudonyms(tmp_path / "one")
    for path in (user_key_file(), tmp_path / "one" / KEY_NAME):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_refused_and_not_replaced(tmp_path):
    (tmp_path / KEY_NAME).write_text("00ff")
    with pytest.raises(EnvironmentFault, match=r"found a key of 2 bytes, wanted 32"):
        open_pseudonyms(tmp_path)
    assert (tmp_path / KEY_NAME).read_text() == "00ff"
