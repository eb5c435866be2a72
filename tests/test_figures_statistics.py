"""Bands, nulls, ceilings, curves, controls and rivals are those of the score table."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import rgb_to_hsv, to_hex, to_rgb
from matplotlib.text import Text

from polyconcept.figures.change import draw as plot_change_by_layer
from polyconcept.figures.controls import draw as plot_controls
from polyconcept.figures.layers import draw as plot_by_layer
from polyconcept.figures.panels import legend_lines, packed
from polyconcept.figures.rivals import draw as plot_rivals
from polyconcept.figures.rows import variant_name
from polyconcept.figures.save import resolution, save_figure
from polyconcept.figures.thresholds import draw as plot_curves
from polyconcept.records.metrics import DEFINITIONS, METRICS
from polyconcept.records.scores import Score

LAYERS = (0, 6, 12)
TARGETS = ("ar", "de", "es", "fr", "it", "ru", "zh-Hans", "hi")


def row(value=0.5, **fields):
    built = Score(
        metric="calign", definition="published", over="all", model="mbert", variant="base",
        side="encoder", corpus="demo", source="en", target="de", layer=0, seed=None, n_hit=None,
        n_total=None, value=value,
    )  # fmt: skip
    return replace(built, **fields)


def summary(value=0.5, **fields):
    around = {"low": value - 0.1, "high": value + 0.2, "null_low": 0.02, "null_high": 0.06}
    return row(value, **(around | {"ceiling": 0.8} | fields))


def in_layers(**fields):
    return [summary(0.2 + 0.02 * layer, layer=layer, **fields) for layer in LAYERS]


def bands(axes):
    """Colour -> (layers, lowest, highest) of each band; the null's has a hatch."""
    found = {}
    for band in axes.collections:
        vertices = band.get_paths()[0].vertices
        layers = sorted(set(vertices[:, 0].tolist()))
        ends = [[y for x, y in vertices.tolist() if x == layer] for layer in layers]
        name = "null" if band.get_hatch() else to_hex(band.get_facecolor()[0])
        found[name] = (layers, [min(e) for e in ends], [max(e) for e in ends])
    return found


def lines(axes):
    """Label -> line; those without a label are counted."""
    return {line.get_label(): line for line in axes.get_lines()}


def titles(figure):
    return [axes.get_title().replace("\N{NO-BREAK SPACE}", " ") for axes in figure.axes]


def texts(figure):
    """What stands around the panels, each in one line."""
    return {" ".join(text.get_text().split()) for text in figure.texts}


def note(figure):
    """What stands below the title."""
    return " ".join(figure.texts[1].get_text().split())


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


# --- by layer ---


def test_curve_and_band_are_those_of_the_summary_rows():
    noise = [row(0.9, layer=layer, seed=seed) for layer in LAYERS for seed in (1, 2, 3)]

    figure = plot_by_layer([*in_layers(n_words=4321), *noise], "calign")
    (axes,) = figure.axes
    line = lines(axes)["base"]
    layers, low, high = bands(axes)[to_hex(line.get_color())]

    assert tuple(line.get_xdata()) == LAYERS
    assert tuple(line.get_ydata()) == pytest.approx((0.2, 0.32, 0.44))
    assert layers == list(LAYERS)
    assert low == pytest.approx([0.1, 0.22, 0.34])
    assert high == pytest.approx([0.4, 0.52, 0.64])
    assert note(figure) == (
        "Published definition; coloured bands: 95 % interval; ceiling: same language, other seed; "
        "3 seeds of the clustering, at least 4,321 words of each language"
    )
    assert {"base", "ceiling", "permuted input"} <= texts(figure)


def test_null_and_ceiling_are_those_of_the_pair():
    rows = in_layers(target="ar", null_low=0.01, null_high=0.03, ceiling=0.9)

    arabic, german = plot_by_layer([*rows, *in_layers()], "calign").axes

    for axes, null, expected in ((arabic, (0.01, 0.03), 0.9), (german, (0.02, 0.06), 0.8)):
        layers, low, high = bands(axes)["null"]
        assert (layers, low, high) == (list(LAYERS), [null[0]] * 3, [null[1]] * 3)
        assert ceiling(axes) == dict.fromkeys(LAYERS, expected)


def test_null_spans_the_learnt_weights_of_a_panel_and_ceiling_is_their_mean():
    tuned = in_layers(variant="ner", null_low=0.01, null_high=0.03, ceiling=0.9)
    random = in_layers(variant="random", null_low=0.2, null_high=0.3, ceiling=0.1)

    (axes,) = plot_by_layer([*in_layers(), *tuned, *random], "calign").axes

    assert bands(axes)["null"] == (list(LAYERS), [0.01] * 3, [0.06] * 3)
    assert ceiling(axes) == dict.fromkeys(LAYERS, pytest.approx(0.85))


def test_ceiling_of_colap_is_not_another_seed():
    figure = plot_by_layer(in_layers(metric="colap"), "colap")

    assert note(figure) == "Published definition; coloured bands: 95 % interval"
    assert "ceiling" not in texts(figure)
    assert len(figure.axes[0].get_lines()) == 1


def test_layers_without_interval_have_no_band_there():
    rows = [summary(0.5, layer=0), row(0.5, layer=6), summary(0.5, layer=12)]

    (axes,) = plot_by_layer(rows, "calign").axes
    (band,) = (b for b in axes.collections if not b.get_hatch())

    assert {x for path in band.get_paths() for x in path.vertices[:, 0]} == {0, 12}


def test_one_layer_has_bands_and_lines_that_can_be_seen():
    rows = [summary(0.5, layer=3), summary(0.1, layer=3, variant="random")]

    (axes,) = plot_by_layer(rows, "calign").axes

    for layers, low, high in bands(axes).values():
        assert min(layers) < 3 < max(layers)
        assert low[0] < high[0]
    for drawn in (ceiling(axes), random_line(axes)):
        assert min(drawn) < 3 < max(drawn)


def test_summary_and_seeds_stand_side_by_side():
    seeds = [row(v, seed=s, target="ar") for s, v in enumerate((0.1, 0.3))]

    figure = plot_by_layer([*seeds, summary()], "calign")

    assert "coloured bands: 95 % interval (two seeds) or range of the seeds" in note(figure)
    assert lines(figure.axes[0])["base"].get_ydata() == pytest.approx([0.2])


def ceiling(axes):
    """Layer -> height of the dotted line without markers."""
    (found,) = (line for line in axes.get_lines() if line.get_linestyle() == ":"
                and line.get_marker() == "None")  # fmt: skip
    return dict(zip(*found.get_data(), strict=True))


def random_line(axes):
    """Layer -> score of the line of random weights, which has dashes, dots and no markers."""
    found = [line for line in axes.get_lines()
             if line.get_marker() == "None" and line.get_linestyle() == "--"]  # fmt: skip
    return dict(zip(*found[0].get_data(), strict=True)) if found else {}


@pytest.mark.parametrize("metric", ["calign", "colap"])
def test_random_weights_are_a_line_in_the_panel_of_their_model_and_pair(metric):
    rows = [
        *in_layers(metric=metric), *in_layers(metric=metric, variant="ner"),
        *in_layers(metric=metric, target="ar"), *in_layers(metric=metric, model="xlmr"),
        *(summary(0.8, metric=metric, variant="random", layer=n) for n in LAYERS),
        *(summary(0.9, metric=metric, variant="random", layer=n, target="ar") for n in LAYERS),
    ]  # fmt: skip

    figure = plot_by_layer(rows, metric)

    assert [axes.get_label().split(":")[0] for axes in figure.axes] == ["mbert", "mbert", "xlmr"]
    arabic, german = (dict.fromkeys(LAYERS, value) for value in (0.9, 0.8))
    assert [random_line(axes) for axes in figure.axes] == [arabic, german, {}]
    assert [set(lines(axes)) >= {"base", "ner"} for axes in figure.axes] == [False, True, False]
    # The null stands in every panel beside it.
    assert all("null" in bands(axes) for axes in figure.axes)


def test_random_weights_are_named_where_they_are_drawn():
    rows = [row(0.1, metric="colap"), row(0.8, metric="colap", variant="random")]

    assert "random weights" in texts(plot_by_layer(rows, "colap"))
    assert "random weights" not in texts(plot_by_layer(rows[:1], "colap"))
    assert "base" not in texts(plot_by_layer(rows[1:], "colap"))


def repeated(**fields):
    """A task fine-tuned twice, and its mean, which has neither null nor ceiling of its own."""
    without = {"null_low": None, "null_high": None, "ceiling": None}
    return [
        summary(0.4, variant="ner", null_high=0.05, ceiling=0.6, **fields),
        summary(0.6, variant="ner_2", null_high=0.07, ceiling=0.8, **fields),
        summary(0.5, variant="ner+ner_2", **without, **fields),
    ]


def test_repeated_fine_tunings_are_shown_as_their_mean():
    other = summary(0.3, variant="ner", model="xlmr")

    figure = plot_by_layer([summary(ceiling=None), *repeated(), other], "calign")
    axes = figure.axes[0]

    assert [set(lines(a)) & {"base", "ner", "ner_2", "ner+ner_2"} for a in figure.axes] == [
        {"base", "ner+ner_2"}, {"ner"},
    ]  # fmt: skip
    assert {"fine-tuned: ner (mean of 2)", "fine-tuned: ner"} <= texts(figure)
    assert lines(axes)["ner+ner_2"].get_ydata() == pytest.approx([0.5])
    # Null and ceiling are those of the parts, and of base.
    assert bands(axes)["null"][2] == [0.07, 0.07]
    assert list(ceiling(axes).values()) == pytest.approx([0.7, 0.7])


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("base", "base"),
        ("random", "random weights"),
        ("sst2", "fine-tuned: sst2"),
        ("sst2+sst2_b", "fine-tuned: sst2 (mean of 2)"),
        ("ner_1+ner_2+ner_3", "fine-tuned: ner (mean of 3)"),
        ("a+b", "fine-tuned: a+b (mean of 2)"),
    ],
)
def test_variants_in_words(variant, name):
    assert variant_name(variant).replace("\N{NO-BREAK SPACE}", " ") == name


def test_two_summaries_of_one_place_are_refused():
    with pytest.raises(ValueError, match="two rows of calign differ in nothing but their value"):
        plot_by_layer([summary(0.1), summary(0.2)], "calign")


# --- change ---


def change(value=0.1, **fields):
    return row(value, **({"against": "base", "variant": "ner", "low": value - 0.2,
                          "high": value + 0.1} | fields))  # fmt: skip


def test_change_is_that_of_the_table():
    noise = [summary(0.9), summary(0.1, variant="ner"), row(0.2, seed=1)]
    others = [change(0.7, control="centred"), change(0.7, parameter="match", at=0.5),
              change(0.7, variant="random")]  # fmt: skip

    figure = plot_change_by_layer(
        [*noise, *others, change(0.1, layer=0), change(0.3, layer=6)], "calign"
    )
    (axes,) = figure.axes
    ((layers, low, high),) = bands(axes).values()

    assert lines(axes)["ner"].get_ydata() == pytest.approx([0.1, 0.3])
    assert layers == [0, 6]
    assert low == pytest.approx([-0.1, 0.1])
    assert high == pytest.approx([0.2, 0.4])
    assert note(figure) == (
        "Published definition; a band that holds zero: neither more nor less is shown; coloured "
        "bands: 95 % interval (sentences alone, one fine-tuning); 1 seed of the clustering"
    )


def test_change_of_repeated_fine_tunings_is_that_of_their_mean():
    rows = [change(variant=v) for v in ("ner", "ner_2", "ner+ner_2", "sst2")]

    figure = plot_change_by_layer(rows, "calign")

    assert {"fine-tuned: ner (mean of 2)", "fine-tuned: sst2"} <= texts(figure)
    assert "fine-tuned: ner" not in texts(figure)
    assert "base" not in texts(figure)


def test_random_weights_are_no_fine_tuning():
    rows = [row(0.1, seed=1), row(0.3, seed=1, variant="random")]

    with pytest.raises(ValueError, match=r"no run is fine-tuned.*mbert base, mbert random"):
        plot_change_by_layer(rows, "calign")
    tuned = [*rows, row(0.4, seed=1, variant="ner")]
    (axes,) = plot_change_by_layer(tuned, "calign").axes
    assert {label for label in lines(axes) if not label.startswith("_")} == {"ner"}


def test_change_without_seeds_or_differences_is_refused():
    with pytest.raises(ValueError, match=r"no row of a single seed has metric 'calign'"):
        plot_change_by_layer([summary(), summary(variant="ner")], "calign")


# --- curves ---


def sweep(metric="calign", values=(0.9, 0.5, 0.1), **fields):
    parameter = {"calign": "match", "colap": "share"}[metric]
    return [
        row(value, metric=metric, parameter=parameter, at=at, **fields)
        for at, value in zip((0.0, 0.5, 1.0), values, strict=True)
    ]


def test_curves_are_means_of_the_pairs_layer_by_layer():
    rows = [
        *sweep(layer=0), *sweep(layer=0, target="ar", values=(0.7, 0.3, 0.1)),
        *sweep(layer=6, values=(0.8, 0.4, 0.0)), *sweep(layer=0, variant="random"),
        summary(0.99), row(0.99, parameter="n", at=3.0), row(0.99, seed=1),
    ]  # fmt: skip

    figure = plot_curves(rows[::-1], "calign", threshold=0.8)
    found = lines(figure.axes[0])

    assert titles(figure) == ["mbert, base", "mbert, random weights"]
    assert figure.axes[0].get_xlabel() == "match"
    assert len(found) == 3
    assert tuple(found["layer 0"].get_xdata()) == (0.0, 0.5, 1.0)
    assert found["layer 0"].get_ydata() == pytest.approx([0.8, 0.4, 0.1])
    assert found["layer 6"].get_ydata() == pytest.approx([0.8, 0.4, 0.0])
    assert [list(axes.get_lines()[-1].get_xdata()) for axes in figure.axes] == [[0.8, 0.8]] * 2
    assert legend(figure) == ["layer 0", "layer 6", "this study: 0.8"]


def test_threshold_is_marked_only_where_it_is_known():
    figure = plot_curves(sweep("colap"), "colap")

    assert note(figure).endswith("one language pair")
    assert [line.get_label() for line in figure.axes[0].get_lines()] == ["layer 0"]
    assert figure.axes[0].get_xlabel() == "share"
    assert legend(figure) == ["layer 0"]


def test_axes_of_curves_end_where_all_have_come_to_0():
    ends = [
        plot_curves(sweep("colap", values=values), "colap", threshold=at).axes[0].get_xlim()[1]
        for values, at in (((1.0, 0.0, 0.0), 0.3), ((1.0, 0.2, 0.0), 0.3), ((1.0, 0.0, 0.0), 0.7),
                           ((0.0, 0.0, 0.0), None))
    ]  # fmt: skip

    assert ends == pytest.approx([0.5 * 1.02, 1.02, 1.02, 0.5 * 1.02])


def places(figure):
    """Row and column of each panel."""
    found = [axes.get_subplotspec() for axes in figure.axes]
    return [(place.rowspan.start, place.colspan.start) for place in found]


def test_runs_of_curves_leave_no_place_empty_before_the_last():
    runs = (("mbert", "base"), ("mbert", "ner"), ("mbert", "random"), ("mt5", "base"),
            ("xlmr", "base"), ("xlmr", "ner"))  # fmt: skip

    figure = plot_curves([r for m, v in runs for r in sweep(model=m, variant=v)], "calign")

    assert places(figure) == [(row, column) for row in (0, 1) for column in (0, 1, 2)]


def test_panels_of_runs_are_titled_base_first_on_a_line_each_where_one_has_no_room():
    variants = ("random", "a-task", "base", "ner")
    rows = [r for v in variants for r in sweep(model="xlm-roberta-large", variant=v)]

    assert titles(plot_curves(rows, "calign")) == [
        f"xlm-roberta-large\n{name}"
        for name in ("base", "random weights", "fine-tuned: a-task", "fine-tuned: ner")
    ]


def test_models_with_as_many_runs_are_rows():
    runs = [(model, variant) for model in ("a", "b", "c") for variant in ("base", "ner")]

    figure = plot_curves([r for m, v in runs for r in sweep(model=m, variant=v)], "calign")

    assert places(figure) == [(row, column) for row in (0, 1, 2) for column in (0, 1)]


def test_deeper_layers_are_lighter():
    rows = [point for layer in range(25) for point in sweep(layer=layer)]

    (axes,) = plot_curves(rows, "calign").axes
    grey = [float(np.dot(to_rgb(line.get_color()), (0.2126, 0.7152, 0.0722)))
            for line in axes.get_lines()]  # fmt: skip

    assert len(grey) == 25
    assert grey == sorted(grey)
    assert grey[-1] < 0.8  # Not white.
    assert all(rgb_to_hsv(to_rgb(line.get_color()))[1] > 0.4 for line in axes.get_lines())
    neighbours = zip(axes.get_lines(), axes.get_lines()[1:], strict=False)
    assert all(a.get_linestyle() != b.get_linestyle() for a, b in neighbours)


def test_unfit_curves_are_refused():
    with pytest.raises(ValueError, match=r"no curve of 'cka'; there are those of calign, colap"):
        plot_curves([row()], "cka")
    with pytest.raises(ValueError, match=r"no row with parameter 'match' has metric 'calign'.*; "
                                         "there is none of any metric"):  # fmt: skip
        plot_curves([summary()], "calign")
    with pytest.raises(ValueError, match="has no layer or no threshold"):
        plot_curves([row(parameter="match")], "calign")
    with pytest.raises(ValueError, match="differ in nothing but their value"):
        plot_curves([*sweep(), *sweep()], "calign")
    with pytest.raises(ValueError, match="mbert base, layer 0: en-ar has a score at 2 of 3"):
        plot_curves([*sweep(), *sweep(target="ar")[1:]], "calign")


# --- controls ---


def controlled(metric="calign", **fields):
    """A deepest layer, 12, with every control; values tell the rows apart."""
    deep = {"metric": metric, "layer": 12} | fields
    classes = ("same_spelling", "names", "digits", "punctuation", "other", "script:arabic")
    changes = ("centred", "standardised", "unit_length", "before_norm")
    return [
        summary(0.5, **deep),
        summary(0.2, **(deep | {"layer": 0})),
        summary(0.1, **(deep | {"variant": "random"})),
        *(row(0.3 + i / 100, control=f"words:{name}", **deep) for i, name in enumerate(classes)),
        *(row(0.4 + i / 100, control=name, **deep) for i, name in enumerate(changes)),
        row(0.45, parameter="n_clusters", at=30.0, **deep),
        row(0.46, parameter="n_clusters", at=120.0, **deep),
        row(0.47, parameter="words_per_cluster", at=25.0, **deep),
        *(
            row(0.48 + i / 100, control=name, **deep)
            for i, name in enumerate(("disjoint", "halved"))
        ),
    ]


NAMES = [
    "plain score", "layer 0", "random weights", "words spelt alike", "names", "digits",
    "punctuation", "all other words", "words in Arabic script", "vectors centred per language",
    "vectors standardised", "vectors of unit length", "before the final norm",
    "words of other sentences", "words of the same sentences", "K = 30", "K = 120",
    "words a cluster: 25",
]  # fmt: skip


def dots(axes):
    """Name -> value of the dots."""
    names = [label.get_text() for label in axes.figure.axes[0].get_yticklabels()]
    return {
        names[round(line.get_ydata()[0])]: line.get_xdata()[0]
        for line in axes.get_lines()
        if line.get_marker() == "o"
    }


def test_controls_stand_below_the_plain_score_in_words():
    noise = [
        summary(0.9, layer=6), summary(0.9, layer=12, variant="ner"), row(0.9, seed=1, layer=12),
        row(0.9, layer=12, parameter="match", at=0.5), row(0.9, layer=6, control="centred"),
        row(0.9, layer=12, control="centred", variant="random"),
    ]  # fmt: skip

    figure = plot_controls([*noise, *controlled()][::-1], "calign")
    (axes,) = figure.axes

    assert titles(figure) == ["mbert, layer 12"]
    assert [label.get_text() for label in axes.get_yticklabels()] == NAMES
    assert dots(axes) == pytest.approx(dict(zip(NAMES, (
        0.5, 0.2, 0.1, 0.3, 0.31, 0.32, 0.33, 0.34, 0.35, 0.4, 0.41, 0.42, 0.43, 0.48, 0.49, 0.45,
        0.46, 0.47,
    ), strict=True)))  # fmt: skip
    # The first row is at the top.
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    assert axes.get_xlabel() == "CALIGN (share of source concepts)"


def test_a_class_that_a_language_hardly_has_is_not_averaged_with_those_that_it_has():
    rows = [
        summary(0.5, layer=12, n_words=4321),
        row(0.3, layer=12, control="words:names", n_words=1310),
        row(0.9, layer=12, control="words:names", n_words=99, target="ar"),
        row(0.4, layer=12, control="words:names", n_words=100, target="fr"),
        row(0.8, layer=12, control="words:digits", n_words=99),
    ]

    (axes,) = plot_controls(rows, "calign").axes

    assert dots(axes) == {
        "plain score, n ≥ 4,321": 0.5,
        "names, n ≥ 100": pytest.approx(0.35),
    }


@pytest.mark.parametrize(
    ("metric", "definition", "label"),
    [
        (
            "calign_auc",
            "published",
            "Area under CALIGN (share of source concepts, mean over thresholds)",
        ),
        (
            "matched_fraction",
            "corrected",
            "corrected Matched fraction (share of a source concept's types, one to one)",
        ),
    ],
)
def test_what_needs_no_threshold_is_drawn_by_layer_with_its_null(metric, definition, label):
    rows = in_layers(metric=metric, definition=definition, low=None, high=None, ceiling=None)

    figure = plot_by_layer(rows, metric, definition=definition)
    (axes,) = figure.axes

    assert label in texts(figure)
    assert bands(axes)["null"] == (list(LAYERS), [0.02] * 3, [0.06] * 3)
    assert {"en → de", "base", "permuted input"} <= texts(figure)


@pytest.mark.parametrize(
    ("seeds", "variants", "expected"),
    [
        ([1, 2, 3], ["base"], ""),
        ([], ["base"], ""),
        ([1], ["base"], " (sentences alone)"),
        ([1, 2], ["base", "random"], " (two seeds)"),
        ([1, 2], ["base", "ner"], " (two seeds, one fine-tuning)"),
        ([1, 2, 3], ["base", "ner", "ner_2", "ner+ner_2"], ""),
        (
            [1, 2, 3],
            ["base", "ner", "ner_2", "ner+ner_2", "sst2"],
            " (one fine-tuning)",
        ),
    ],
)
def test_a_figure_says_what_few_seeds_leave_out(seeds, variants, expected):
    rows = [
        one for variant in variants
        for one in (summary(variant=variant), *(row(variant=variant, seed=s) for s in seeds))
    ]  # fmt: skip

    assert f"bands: 95 % interval{expected};" in note(plot_by_layer(rows, "calign")) + ";"


def test_pairs_are_marks_and_their_nulls_and_intervals_are_spanned():
    rows = [summary(0.4, layer=12), summary(0.6, layer=12, target="ar", null_high=0.1)]

    figure = plot_controls(rows, "calign")
    (axes,) = figure.axes
    (mark,) = (line for line in axes.get_lines() if line.get_marker() == "|")
    (interval,) = (line for line in axes.get_lines() if to_hex(line.get_color()) == "#0072b2"
                   and line.get_marker() == "None")  # fmt: skip
    (null,) = axes.patches

    assert dots(axes) == {"plain score": pytest.approx(0.5)}
    assert sorted(mark.get_xdata()) == [0.4, 0.6]
    assert list(interval.get_xdata()) == pytest.approx([0.3, 0.8])
    assert (null.get_x(), null.get_x() + null.get_width()) == pytest.approx((0.02, 0.1))
    assert null.get_hatch()
    assert legend(figure) == [
        "mean of the pairs", "a pair", "95 % interval, all pairs", "permuted input",
    ]  # fmt: skip


def test_each_model_and_side_has_a_panel_of_its_own_deepest_layer():
    rows = [
        *controlled(), *controlled(model="mt5", layer=8, side="decoder"),
        *controlled(model="mt5", layer=8), summary(0.5, model="mt5", layer=4, side="decoder"),
        summary(0.5, model="xlmr", layer=24),
    ]  # fmt: skip
    rows = [r for r in rows if not (r.model == "mt5" and r.layer == 0)]

    figure = plot_controls(rows, "calign")

    assert titles(figure) == [
        "mbert, layer 12", "mt5, layer 8", "mt5, decoder, layer 8", "xlmr, layer 24",
    ]  # fmt: skip
    assert [len(dots(axes)) for axes in figure.axes[1:]] == [17, 17, 1]
    # A row without a dot says so.
    assert [len(axes.texts) for axes in figure.axes] == [0, 1, 1, 17]
    assert {text.get_text() for text in figure.axes[3].texts} == {"\N{EN DASH}"}
    assert note(figure).endswith("–: not computed, or fewer than 100 words")


def test_layer_0_alone_is_the_plain_score():
    (axes,) = plot_controls([summary(0.5)], "calign").axes

    assert dots(axes) == {"plain score": 0.5}


def test_unknown_controls_keep_their_name():
    rows = [*controlled(), row(0.3, layer=12, control="shuffled"), row(0.3, layer=12, control="k")]

    (axes,) = plot_controls(rows, "calign").axes
    names = [label.get_text() for label in axes.get_yticklabels()]

    assert names == [*NAMES[:-3], "k", "shuffled", *NAMES[-3:]]


def test_unfit_controls_are_refused():
    with pytest.raises(ValueError, match="no row of the base model or its controls has metric"):
        plot_controls([summary(variant="ner")], "calign")
    with pytest.raises(ValueError, match="no row of calign is of the base model at the study's "
                                         "settings; there are: random"):  # fmt: skip
        plot_controls([summary(variant="random")], "calign")
    with pytest.raises(ValueError, match="does not say how many clusters"):
        plot_controls([summary(), row(parameter="n_clusters")], "calign")


# --- rivals ---


def compared(model="mbert", rho=0.5, **fields):
    """CALIGN, COLAP and both rivals in three layers, and their rank correlations."""
    values = {"calign": 0.1, "colap": 0.2, "cka": 0.3, "retrieval": 0.4}
    rows = []
    for layer in LAYERS:
        for metric, value in values.items():
            rival = {"definition": "", "over": ""} if metric in ("cka", "retrieval") else {}
            place = {"metric": metric, "model": model, "layer": layer} | fields | rival
            rows.append(row(value + layer / 100, **place))
    place = {"metric": "rank_correlation", "model": model, "layer": None, "variant": "",
             "source": "", "target": "", "n_total": 3}  # fmt: skip
    return rows + [
        row(rho + i / 100, **place | fields | {"over": metric, "control": rival})
        for i, (metric, rival) in enumerate(
            (m, r) for m in ("calign", "colap") for r in ("cka", "retrieval")
        )
    ]


def scattered(axes):
    return [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in axes.get_lines()]


def test_points_are_those_of_both_tables():
    others = [
        row(0.9, seed=1), row(0.9, control="centred"), row(0.9, variant="random"),
        row(0.9, metric="cka", definition="", over="", variant="random"),
        row(0.9, layer=3), row(0.9, definition="corrected"),
    ]  # fmt: skip

    figure = plot_rivals([*compared(), *others])

    assert titles(figure) == [f"ρ = 0.5{i}, 3 points" for i in range(4)]
    for axes, (across, up) in zip(
        figure.axes, [(0.3, 0.1), (0.4, 0.1), (0.3, 0.2), (0.4, 0.2)], strict=True
    ):
        (found,) = scattered(axes)
        assert found == [pytest.approx((across + n / 100, up + n / 100)) for n in LAYERS]
    assert [axes.get_xlabel() for axes in figure.axes[2:]] == [
        "CKA of linked words", "retrieval (share of sentences)",
    ]  # fmt: skip
    assert legend(figure) == ["mbert"]


def test_both_directions_of_a_pair_meet_its_one_rival():
    rows = [*compared(), *(row(0.6, source="de", target="en", layer=n) for n in LAYERS)]

    (found,) = scattered(plot_rivals(rows).axes[0])

    assert sorted(y for _, y in found) == pytest.approx([0.35, 0.38, 0.41])
    assert sorted({x for x, _ in found}) == pytest.approx([0.3, 0.36, 0.42])


def test_means_of_repeated_fine_tunings_are_no_points_of_their_own():
    rows = compared(variant="ner") + compared(variant="ner_2")[:12]
    mean = [replace(r, variant="ner+ner_2") for r in compared()[:12]]

    assert scattered(plot_rivals(rows + mean).axes[0]) == scattered(plot_rivals(rows).axes[0])


def test_models_and_sides_have_a_look_and_a_correlation_each():
    rows = [*compared("xlmr", 0.1), *compared("mt5", -0.2, side="decoder"), *compared("mt5", 0.6)]

    figure = plot_rivals(rows)
    looks = {(to_hex(line.get_color()), line.get_marker()) for line in figure.axes[0].get_lines()}

    assert legend(figure) == ["mt5", "mt5, decoder", "xlmr"]
    assert len(looks) == len({marker for _, marker in looks}) == 3
    assert titles(figure)[0].replace("\n", " ") == (
        "ρ (points): mt5 0.60 (3); mt5, decoder -0.20 (3); xlmr 0.10 (3)"
    )


def test_large_clusters_have_no_rank_correlation():
    rows = [*compared(), *(replace(r, over="large") for r in compared() if r.metric == "calign")]

    figure = plot_rivals(rows, over="large")

    assert titles(figure) == ["", "", "ρ = 0.52, 3 points", "ρ = 0.53, 3 points"]
    assert figure.axes[0].get_ylabel().replace("\n", " ") == "CALIGN (share of large source concepts)"  # noqa: E501  # fmt: skip


def test_one_rival_and_one_metric_are_one_panel():
    rows = [r for r in compared() if r.metric in ("colap", "cka")]

    figure = plot_rivals(rows)

    assert len(figure.axes) == 1
    assert titles(figure) == [""]


def test_unfit_rivals_are_refused():
    with pytest.raises(ValueError, match="needed are summary rows of calign or colap and of cka or "
                                         "retrieval; there are rows of: calign"):  # fmt: skip
        plot_rivals([summary()])
    with pytest.raises(ValueError, match="no row of a summary has metric 'calign', definition "
                                         "'corrected'"):  # fmt: skip
        plot_rivals(compared(), definition="corrected")
    apart = [summary(layer=1), row(metric="cka", definition="", over="", layer=2)]
    with pytest.raises(ValueError, match="no layer, pair and variant has both calign and cka"):
        plot_rivals(apart)
    elsewhere = [summary(), row(metric="cka", definition="", over="", corpus="bible")]
    with pytest.raises(ValueError, match="the rows are of 2 corpora, bible, demo"):
        plot_rivals(elsewhere)
    twice = [*compared(), row(metric="cka", definition="", over="", layer=0)]
    with pytest.raises(ValueError, match="two rows of cka differ in nothing"):
        plot_rivals(twice)


# --- all ---


def study(models, targets, variants=("base", "random", "ner", "ner_2", "ner+ner_2")):
    """Every kind of row for every run, pair and layer."""
    rows = []
    for model, side in models:
        for target in targets:
            place = {"model": model, "side": side, "target": target}
            rows += [r for metric in ("calign", "colap")
                     for r in controlled(metric, **place) if r.is_plain is False]  # fmt: skip
            for variant in variants:
                of_run = place | {"variant": variant}
                rows += compared(**(of_run | {"rho": 0.5}))[:12]
                rows += [r for metric in ("calign", "colap") for layer in LAYERS
                         for r in sweep(metric, layer=layer, **of_run)]  # fmt: skip
                if variant not in ("base", "random"):
                    rows += [change(layer=n, metric=m, **of_run)
                             for n in LAYERS for m in ("calign", "colap")]  # fmt: skip
        rows += compared(model, side=side)[12:]
    with_bands = ("calign", "colap")
    return [
        replace(r, low=r.value - 0.05, high=r.value + 0.05, null_low=0.01, null_high=0.04,
                ceiling=0.8) if r.metric in with_bands and r.is_plain else r
        for r in rows
    ]  # fmt: skip


def all_figures(rows, metrics=("calign", "colap")):
    return [
        *(draw(rows, metric, definition="published", over="all")
          for metric in metrics
          for draw in (plot_by_layer, plot_change_by_layer, plot_curves,
                       plot_controls)),
        plot_curves(rows, "calign", threshold=0.8),
        plot_rivals(rows),
    ]  # fmt: skip


ONE = ((("mbert", "encoder"),), ("de",))
FOUR = (
    (
        *(("mbert", "encoder"), ("mt5", "encoder"), ("mt5", "decoder"), ("mt5", "encoder-decoder")),
        *(("xlm-roberta-large", "encoder"), ("a-model-with-a-very-long-name-large", "encoder")),
    ),
    TARGETS,
)


def pixels_of_smallest_letters(figure):
    """On the screen, in the PNG that save_figure makes."""
    smallest = min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text())
    return smallest / 72 * resolution(figure)


def test_panels_of_a_model_stay_together_where_rows_are_shared():
    assert packed([["a", "b", "c"], ["d", "e"], ["f"]], 3) == [
        ["a", "b", "c"], ["d", "e", "f"],
    ]  # fmt: skip
    assert packed([["a", "b"], ["c", "d"]], 3) == [["a", "b"], ["c", "d"]]
    assert packed([["a", "b", "c"], ["d"]], 2) == [["a", "b"], ["c", "d"]]
    assert packed([["a"], ["b"], ["c", "d"]], 3) == [["a", "b"], ["c", "d"]]
    assert packed([["a", "b"], ["c"]], 2) == [["a", "b"], ["c", None]]


def check_layout(figure):
    """Nothing leaves the figure or covers another, all can be read, and the PNG fits a screen."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
    others = [*figure.texts, *figure.legends]
    boxes += [other.get_window_extent(renderer) for other in others]
    shown = [t for t in figure.findobj(Text) if t.get_text()]
    page = figure.bbox

    # A pixel of tolerance: letters overhang their advance.
    assert not [(a, b) for a, b in combinations(boxes, 2)
                if min(a.x1, b.x1) - max(a.x0, b.x0) > 1
                and min(a.y1, b.y1) - max(a.y0, b.y0) > 1]  # fmt: skip
    for box in boxes:
        assert page.x0 - 1 <= box.x0
        assert box.x1 <= page.x1 + 1
        assert page.y0 - 1 <= box.y0
        assert box.y1 <= page.y1 + 1
    assert min(t.get_fontsize() for t in shown) >= 7
    assert pixels_of_smallest_letters(figure) >= 9
    assert figure.get_figheight() * resolution(figure) <= 1000
    assert figure.get_figwidth() * resolution(figure) <= 1000


@pytest.mark.parametrize(
    ("models", "targets", "metrics"),
    [(*ONE, ("calign", "colap")), (*FOUR, ("calign",))],
    ids=["one", "many"],
)
def test_nothing_leaves_the_figure_or_overlaps(models, targets, metrics):
    for figure in all_figures(study(models, targets), metrics):
        check_layout(figure)


def by_layer(n_models, n_pairs, n_layers, variants=("base", "random", "ner", "sentiment")):
    """Summary rows of so many models, pairs and layers, and what fine-tuning changes."""
    targets = [*TARGETS, "ja", "ko", "th", "tr"][:n_pairs]
    rows = []
    for m, target, (v, variant), layer in product(
        range(n_models), targets, enumerate(variants), range(n_layers)
    ):
        place = {"model": f"model-{m}", "target": target, "variant": variant, "layer": layer}
        value = 0.05 + 0.03 * v + 0.02 * (m + layer % 4) + 0.001 * len(target)
        rows.append(summary(value, low=value - 0.02, high=value + 0.02, **place))
        if variant not in ("base", "random"):
            rows.append(change(value / 5, **place))
    return rows


SIZES = {
    "one of each": ((1, 1, 1), {}),
    "no fine-tuning": ((1, 2, 3), {"variants": ("base", "random")}),
    "random weights alone": ((2, 1, 3), {"variants": ("random",)}),
    "a paper": ((3, 5, 6), {}),
    "many": ((6, 12, 12), {}),
}


@pytest.mark.parametrize(("size", "variants"), SIZES.values(), ids=SIZES.keys())
def test_small_multiples_of_any_size(size, variants):
    n_models, n_pairs, n_layers = size
    rows = by_layer(*size, **variants)
    drawn = [plot_by_layer(rows, "calign")]
    drawn += [] if variants else [plot_change_by_layer(rows, "calign")]

    for figure in drawn:
        check_layout(figure)
        # Every panel has curves, over all layers.
        assert len(figure.axes) == n_models * n_pairs
        for axes in figure.axes:
            named = [line for label, line in lines(axes).items() if not label.startswith("_")]
            assert named
            assert all(len(line.get_xdata()) in (n_layers, 2) for line in named)
        # Every row names its curves.
        assert sum(text.get_text().startswith("model-") for text in figure.texts) == n_models
    for axes in drawn[0].axes:
        low, high = axes.get_ylim()
        _, null_low, null_high = bands(axes)["null"]
        assert low < min(null_low)
        assert max(*null_high, *ceiling(axes).values()) < high


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("n_pairs", [1, 4])
def test_the_name_of_the_scores_stays_clear_of_their_numbers(metric, definition, n_pairs):
    for over in ("all", "large") if METRICS[metric].has_large else ("all",):
        rows = [
            replace(row, metric=metric, definition=definition, over=over)
            for row in by_layer(1, n_pairs, 3, ("base", "ner"))
        ]
        for draw in (plot_by_layer, plot_change_by_layer):
            check_layout(draw(rows, metric, definition=definition, over=over))


@pytest.mark.parametrize("n_pairs", [14, 20])
def test_pairs_without_room_go_on_in_further_lines(n_pairs):
    targets = [f"l{i:02}" for i in range(n_pairs)]
    rows = [r for t in targets for r in in_layers(target=t)]
    rows += [r for t in targets for r in in_layers(target=t, model="xlmr")]

    figure = plot_by_layer(rows, "calign")
    check_layout(figure)
    places = [axes.get_position() for axes in figure.axes]

    assert len(places) == 2 * n_pairs
    assert len({round(place.y0, 6) for place in places}) == 4
    assert all(sum(text == f"en → {t}" for text in map(Text.get_text, figure.texts)) == 2
               for t in targets)  # fmt: skip


def test_same_rows_in_any_order_give_the_same_bytes(tmp_path):
    rows = study(*ONE)
    drawn = [all_figures(order, ("calign",)) for order in (rows, rows[::-1])]
    for first, second in zip(*drawn, strict=True):
        for drawn, name in ((first, "a"), (second, "b")):
            save_figure(drawn, *(tmp_path / f"{name}.{s}" for s in ("png", "pdf", "svg")))

        for suffix in ("png", "pdf", "svg"):
            one, other = ((tmp_path / f"{n}.{suffix}").read_bytes() for n in "ab")
            assert one == other


def test_legend_has_as_many_columns_as_fit():
    # By hand: a handle of 0.58 inches and a letter of 0.062.
    assert legend_lines(["a"] * 4, 4 * 0.642 + 0.001) == (4, 1)
    assert legend_lines(["a"] * 4, 4 * 0.642 - 0.001) == (3, 2)
    # Column by column: the long one stands below the first in its column.
    assert legend_lines(["a", "b" * 20, "c", "d"], 0.58 + 20 * 0.062 + 0.642 + 0.001) == (2, 2)
    assert legend_lines(["a" * 100], 1.0) == (1, 1)
