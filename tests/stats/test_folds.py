"""Folds keep a person together and spread the classes."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.stats.folds import person_folds


def test_all_rows_of_a_person_share_a_fold() -> None:
    people = [f"p{i % 23}" for i in range(92)]
    fold = person_folds(people, np.zeros(92, int), 5, np.random.default_rng(1))
    for name in set(people):
        assert len({f for f, p in zip(fold, people, strict=True) if p == name}) == 1


def test_folds_differ_by_one_person_at_most() -> None:
    fold = person_folds([str(i) for i in range(23)], np.zeros(23, int), 5, np.random.default_rng(1))
    assert sorted(np.bincount(fold)) == [4, 4, 5, 5, 5]


def test_each_class_is_spread_evenly() -> None:
    strata = np.repeat([0, 1, 2], [30, 10, 60])
    fold = person_folds([str(i) for i in range(100)], strata, 10, np.random.default_rng(2))
    for stratum, each in ((0, 3), (1, 1), (2, 6)):
        assert set(np.bincount(fold[strata == stratum], minlength=10)) == {each}


def test_the_source_of_chance_decides_and_nothing_else() -> None:
    people, strata = [str(i) for i in range(40)], np.zeros(40, int)
    first = person_folds(people, strata, 4, np.random.default_rng(5))
    assert np.array_equal(first, person_folds(people, strata, 4, np.random.default_rng(5)))
    assert not np.array_equal(first, person_folds(people, strata, 4, np.random.default_rng(6)))


@pytest.mark.parametrize("n_folds", [1, 4])
def test_too_few_people_or_folds_are_refused(n_folds: int) -> None:
    with pytest.raises(ValueError, match=f"found 3 people, wanted at least {n_folds}"):
        person_folds(["a", "b", "c", "a"], [0, 0, 0, 0], n_folds, np.random.default_rng(1))


def test_strata_must_fit_the_rows() -> None:
    with pytest.raises(ValueError, match="found 2 strata and 3 rows"):
        person_folds(["a", "b", "c"], [0, 0], 2, np.random.default_rng(1))
