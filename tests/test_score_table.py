import time

import pytest

from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known


def score(value, **columns):
    given = {
        **{"metric": "calign", "definition": "published", "over": "all", "model": "mbert"},
        **{"variant": "base", "side": "encoder", "corpus": "pud", "source": "en", "target": "de"},
        **{"layer": 3, "seed": None, "n_hit": None, "n_total": None},
    }
    return Score(value=value, **given | columns)


ROWS = [
    score(0.1),
    score(0.2, layer=6, seed=11),
    score(0.3, metric="colap", source="de", target="en"),
    score(0.4, layer=None, control="centred"),
]
TABLE = ScoreTable(ROWS)


def values(rows):
    return [row.value for row in rows]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"metric": "calign"}, [0.1, 0.2, 0.4]),
        ({"metric": ("colap", "cka")}, [0.3]),
        ({"layer": {3, 6}}, [0.1, 0.2, 0.3]),
        ({"layer": lambda layer: layer is not None and layer > 3}, [0.2]),
        ({"seed": known}, [0.2]),
        ({"metric": "calign", "layer": 3}, [0.1]),
        ({"is_plain": True, "seed": None}, [0.1, 0.3]),
        ({"pair": [("de", "en")]}, [0.3]),
        # A string is a value and no collection of letters.
        ({"metric": "calign or colap"}, []),
    ],
)
def test_where_keeps_values_collections_and_what_passes(wanted, found):
    assert values(TABLE.where(**wanted)) == found


def test_where_takes_tests_of_the_whole_row():
    assert values(TABLE.where(lambda row: row.value > 0.2, metric="calign")) == [0.4]


def test_by_groups_in_order_of_first_appearance():
    assert {key: values(rows) for key, rows in TABLE.by("metric", "layer").items()} == {
        ("calign", 3): [0.1],
        ("calign", 6): [0.2],
        ("colap", 3): [0.3],
        ("calign", None): [0.4],
    }
    assert list(TABLE.by("layer")) == [3, 6, None]
    assert list(TABLE.by("languages")) == [frozenset({"en", "de"})]
    assert list(TABLE.by(lambda row: row.value > 0.2, "metric")) == [
        *((False, "calign"), (True, "colap"), (True, "calign")),
    ]


def test_one_by_refuses_two_rows_of_one_key_even_the_same():
    assert values(TABLE.one_by("metric", "layer").values()) == values(ROWS)
    with pytest.raises(ValueError, match="two rows of calign differ in nothing but their value"):
        TABLE.one_by("metric")
    with pytest.raises(ValueError, match=r"^0\.1 again"):
        ScoreTable([ROWS[0], ROWS[0]]).one_by("layer", twice=lambda row: f"{row.value} again")


def test_unique_values_stand_in_order():
    assert TABLE.unique("metric") == ("calign", "colap")
    assert TABLE.unique("source", "target") == (("en", "de"), ("de", "en"))


@pytest.mark.parametrize("call", [TABLE.by, TABLE.unique, lambda name: TABLE.where(**{name: 1})])
def test_an_unknown_column_is_refused_with_the_known_ones(call):
    with pytest.raises(ValueError, match=r"no column layers; there are: against, at, ceiling"):
        call("layers")


def test_many_groups_are_found_in_one_pass():
    table = ScoreTable(score(0.5, at=at / 20_000, parameter="match") for at in range(20_000))

    start = time.perf_counter()
    assert len(table.by("parameter", "at")) == len(table.one_by("at")) == 20_000

    # Comparing each with each takes minutes.
    assert time.perf_counter() - start < 5


def test_a_table_is_a_value():
    assert ScoreTable(iter(ROWS)) == TABLE
    assert len(TABLE) == 4
    assert ROWS[1] in TABLE
    assert TABLE.first is ROWS[0]
    assert not ScoreTable()
