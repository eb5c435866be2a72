import logging
import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from polyconcept.figures import fonts
from polyconcept.figures.change import draw as plot_change_by_layer
from polyconcept.figures.examples import draw as plot_concept_examples
from polyconcept.figures.grid import fit, spread
from polyconcept.figures.layers import draw as plot_by_layer
from polyconcept.figures.save import save_figure
from polyconcept.figures.style import UPRIGHT_HEIGHT, look, style
from polyconcept.figures.tasks import draw as plot_task_scores
from polyconcept.records.concepts import AlignedConcepts, ConceptExample
from polyconcept.records.examples import OverlapExample, OverlappingConcepts, PairExamples
from polyconcept.records.scores import Score

ROOT = Path(__file__).parents[1]
LAYERS = (0, 1, 3, 6, 9, 12)


def layer_score(value=0.5, **fields):
    row = Score(
        metric="calign", definition="published", over="all", model="mbert", variant="base",
        side="encoder", corpus="demo", source="en", target="de", layer=0, seed=1, n_hit=None,
        n_total=None, value=value, zero_shot=None, signature="",
    )  # fmt: skip
    return replace(row, **fields)


def task_score(value=0.5, **fields):
    row = Score(
        metric="entity_f1", definition="", over="", model="mbert", variant="ner", side="encoder",
        corpus="names", source="en", target="de", layer=None, seed=1, n_hit=None, n_total=None,
        value=value, zero_shot=True, signature="",
    )  # fmt: skip
    row = replace(row, **fields)
    return row if row.zero_shot in (True, None) else replace(row, seen=row.seen or "fine-tuning")


def example(source_types=("book",), target_types=("Buch",), **fields):
    """A pair with one aligned concept, all words matched, and nothing that overlaps."""
    flags = (True,) * len(source_types), (True,) * len(target_types)
    built = ConceptExample(source_types, target_types, *flags, sentence_share=0.25)
    names = [name for name in fields if name.endswith("_matched") or name == "sentence_share"]
    ours = {name: fields.pop(name) for name in names}
    overlapping = fields.pop("overlapping", ())
    n_overlapping = fields.pop("n_overlapping", len(overlapping))
    aligned = replace(AlignedConcepts("en", "de", 6, 7, 60, (replace(built, **ours),)), **fields)
    pair = aligned.source, aligned.target, 6
    return PairExamples(aligned, OverlappingConcepts(*pair, n_overlapping, 80, overlapping))


def study(models=("mbert", "xlmr"), variants=("base", "ner"), targets=("ar", "de")):
    """Rows whose value tells model, variant, pair and layer apart."""
    return [
        layer_score(0.1 * m + 0.2 * v + 0.05 * p + 0.03 * layer,
                    model=model, variant=variant, target=target, layer=layer)
        for m, model in enumerate(models)
        for v, variant in enumerate(variants)
        for p, target in enumerate(targets)
        for layer in LAYERS
    ]  # fmt: skip


def curves_of(axes):
    """label -> (x, y) of the curves with markers."""
    return {
        line.get_label(): (tuple(line.get_xdata()), tuple(line.get_ydata()))
        for line in axes.get_lines()
        if line.get_marker() != "None"
    }


def texts(figure):
    return [text.get_text() for text in figure.texts]


def read(figure):
    """All that stands around the panels, in one line."""
    return " ".join(" ".join(texts(figure)).split())


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def picture(text, **look_of_text):
    """Pixels of one text alone."""
    with style():
        figure = Figure(figsize=(2, 0.5))
        figure.text(0.1, 0.3, text, size=20, **look_of_text)
        return pixels(figure)


def tiny_font(path, character, family):
    """A font whose only character is a triangle."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "one"])
    builder.setupCharacterMap({ord(character): "one"})
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((900, 0))
    pen.lineTo((0, 900))
    pen.closePath()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "one": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "one": (1000, 0)})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


@pytest.fixture
def clear_fonts():
    """Fonts are looked up afresh, before and after."""
    cached = (fonts._codes, font_manager.fontManager._findfont_cached)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


# --- by layer ---


def panels_of(figure):
    return {axes.get_label(): axes for axes in figure.axes}


def test_a_panel_has_the_curves_of_a_model_and_pair():
    shown = panels_of(plot_by_layer(study(), "calign"))

    assert list(shown) == ["mbert: en → ar", "mbert: en → de", "xlmr: en → ar", "xlmr: en → de"]
    found = curves_of(shown["xlmr: en → de"])
    assert found.keys() == {"base", "ner"}
    for variant, start in (("base", 0.15), ("ner", 0.35)):
        assert found[variant][0] == LAYERS
        assert found[variant][1] == pytest.approx([start + 0.03 * layer for layer in LAYERS])


def test_order_of_rows_changes_nothing():
    rows = study()

    forward = pixels(plot_by_layer(rows, "calign"))

    assert (forward == pixels(plot_by_layer(rows[::-1], "calign"))).all()
    # Control: another value changes the picture.
    changed = [replace(rows[0], value=0.9), *rows[1:]]
    assert (forward != pixels(plot_by_layer(changed, "calign"))).any()


def test_only_rows_asked_for_are_drawn():
    noise = [
        layer_score(0.9, metric="colap"),
        layer_score(0.9, definition="corrected"),
        layer_score(0.9, over="large"),
        task_score(0.9),
    ]

    figure = plot_by_layer([layer_score(0.2), *noise], "calign")

    assert [curves_of(axes) for axes in figure.axes] == [{"base": ((0,), (0.2,))}]


def test_seeds_are_averaged_and_spanned():
    rows = [layer_score(v, seed=s, layer=n) for n in (0, 1) for s, v in enumerate((0.1, 0.2, 0.6))]

    figure = plot_by_layer(rows, "calign")
    (axes,) = figure.axes
    (band,) = axes.collections
    heights = band.get_paths()[0].vertices[:, 1]

    assert curves_of(axes)["base"][1] == pytest.approx((0.3, 0.3))
    assert (heights.min(), heights.max()) == pytest.approx((0.1, 0.6))
    assert "coloured bands: range of the seeds; 3 seeds of the clustering" in read(figure)


def test_one_seed_has_no_band():
    figure = plot_by_layer(study(), "calign")

    assert not any(axes.collections for axes in figure.axes)
    assert "Published definition; 1 seed of the clustering" in read(figure)


def test_pairs_of_colap_have_no_direction():
    figure = plot_by_layer([layer_score(metric="colap")], "colap")

    assert "en + de" in texts(figure)


@pytest.mark.parametrize(
    ("choice", "label"),
    [
        ({}, "CALIGN (share of source concepts)"),
        ({"over": "large"}, "CALIGN (share of large source concepts)"),
        ({"definition": "corrected"}, "corrected CALIGN (share of source concepts)"),
    ],
)
def test_axes_say_what_is_shown(choice, label):
    figure = plot_by_layer([layer_score(**choice)], "calign", **choice)

    assert label in [text.replace("\n", " ") for text in texts(figure)]
    assert "layer" in texts(figure)


@pytest.mark.parametrize(
    ("draw", "metric", "question"),
    [
        (plot_by_layer, "calign",
         "How many concepts of one language have a counterpart in the other?"),
        (plot_by_layer, "colap", "How many concepts are made of words of both languages?"),
        (plot_by_layer, "cka", "cka: how high is it in each layer?"),
        (plot_change_by_layer, "calign",
         "Do more concepts have a counterpart after fine-tuning, or fewer?"),
        (plot_change_by_layer, "colap", "Does fine-tuning mix the languages more, or less?"),
        (plot_change_by_layer, "cka", "What does fine-tuning change in cka?"),
    ],
)  # fmt: skip
def test_a_figure_has_the_question_that_it_answers_as_its_title(draw, metric, question):
    rows = [layer_score(metric=metric, variant=variant) for variant in ("base", "ner")]

    title = draw(rows, metric).texts[0]

    assert title.get_text().replace("\n", " ") == question
    assert title.get_weight() == "bold"


def test_layer_ticks_are_the_layers_at_their_places():
    axes = plot_by_layer(study(), "calign").axes[0]

    assert tuple(axes.get_xticks()) == LAYERS
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(n) for n in LAYERS]


def test_many_layers_keep_first_and_last_label():
    rows = [layer_score(layer=n, target=t) for n in range(25) for t in ("ar", "de", "es", "fr")]

    axes = plot_by_layer(rows, "calign").axes[0]
    labels = [int(label.get_text()) for label in axes.get_xticklabels()]

    assert (labels[0], labels[-1]) == (0, 24)
    assert len(labels) < 15
    assert sorted({*axes.get_xticks(), *axes.get_xticks(minor=True)}) == list(range(25))


def test_all_panels_share_a_score_axis_that_fits_what_is_drawn():
    rows = [layer_score(0.1), layer_score(0.4, variant="ner"), layer_score(0.2, model="xlmr")]

    limits = [axes.get_ylim() for axes in plot_by_layer(rows, "calign").axes]

    # From 0, which is near, to the highest, with 6 % of room.
    assert limits == [pytest.approx((-0.024, 0.424))] * 2


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0.1, 0.5], (-0.03, 0.53)),
        ([0.8, 1.0], (0.788, 1.012)),
        ([-0.2, 0.3], (-0.23, 0.33)),
        ([0.0, 0.0], (-0.006, 0.106)),
        ([0.4], (-0.024, 0.424)),
        ([-0.1], (-0.106, 0.006)),
    ],
)
def test_an_axis_fits_its_values_and_zero_where_that_is_near(values, ends):
    assert fit(values) == pytest.approx(ends)


def test_sides_are_rows_and_a_pair_without_scores_says_so():
    rows = [
        layer_score(model="mt5", side="decoder"),
        layer_score(model="mt5", side="encoder"),
        layer_score(model="mbert"),
        layer_score(model="mbert", target="ar"),
    ]

    figure = plot_by_layer(rows, "calign")

    assert list(panels_of(figure)) == [
        "mbert: en → ar", "mbert: en → de", "mt5: en → de", "mt5, decoder: en → de",
    ]  # fmt: skip
    assert texts(figure).count("no scores") == 2
    names = {t.get_text(): t.get_position()[1] for t in figure.texts if t.get_weight() == "bold"}
    assert names["mbert"] > names["mt5"] > names["mt5, decoder"]


def test_variants_look_different_even_in_grey():
    names = [f"task-{letter}" for letter in "abcdefghijk"]

    axes = plot_by_layer(study(("m",), ("base", *names), ("de",)), "calign").axes[0]
    signs = {
        (line.get_marker(), line.get_linestyle(), to_hex(line.get_color()))
        for line in axes.get_lines()
    }

    assert len(signs) == 12
    assert len({(marker, line) for marker, line, _ in signs}) >= 8
    assert len({look(index) for index in range(56)}) == 56


def test_a_variant_looks_the_same_in_every_panel():
    rows = [*study(("a",), ("base", "mt")), *study(("b",), ("base", "mt", "ner"))]

    by_model = [
        {line.get_label(): (line.get_color(), line.get_marker()) for line in axes.get_lines()}
        for axes in plot_by_layer(rows, "calign").axes
    ]

    assert by_model[0] == by_model[1]
    assert by_model[2] == by_model[3] == by_model[0] | {"ner": by_model[2]["ner"]}


def test_names_stand_beside_the_ends_of_their_curves():
    rows = [layer_score(v, variant=n) for n, v in (("base", 0.1), ("ner", 0.5), ("mt", 0.9))]

    figure = plot_by_layer(rows, "calign")
    (axes,) = figure.axes
    places = {text.get_text(): text.get_position() for text in figure.texts}
    low, high = axes.get_ylim()
    box = axes.get_position()

    for name, value in (("base", 0.1), ("fine-tuned: ner", 0.5), ("fine-tuned: mt", 0.9)):
        x, y = places[name]
        assert x > box.x1
        assert y == pytest.approx(box.y0 + box.height * (value - low) / (high - low))


@pytest.mark.parametrize(
    ("wanted", "heights", "places"),
    [
        ([1.0, 3.0], [1.0, 1.0], [1.0, 3.0]),
        # As far apart as they are high, around the mean of their places.
        ([2.0, 2.0], [1.0, 1.0], [2.5, 1.5]),
        ([5.0, 5.2, 5.4], [1.0, 1.0, 1.0], [4.2, 5.2, 6.2]),
        # None leaves the panel.
        ([0.0, 9.9], [1.0, 2.0], [0.5, 9.0]),
        ([0.0, 0.1], [1.0, 1.0], [0.5, 1.5]),
        ([], [], []),
    ],
)
def test_labels_are_spread(wanted, heights, places):
    assert spread(wanted, heights, 10.0) == pytest.approx(places)


# --- change ---


def test_change_is_tuned_minus_base_seed_by_seed():
    # Changes of the seeds are +0.1 and -0.3.
    rows = [
        layer_score(0.2, seed=1),
        layer_score(0.6, seed=2),
        layer_score(0.3, seed=1, variant="ner"),
        layer_score(0.3, seed=2, variant="ner"),
        layer_score(0.9, model="only-base"),
    ]

    figure = plot_change_by_layer(rows, "calign")
    (axes,) = figure.axes
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]

    assert axes.get_label() == "mbert: en → de"
    assert curves_of(axes)["ner"][1] == pytest.approx((-0.1,))
    assert (heights.min(), heights.max()) == pytest.approx((-0.3, 0.1))
    assert "CALIGN: fine-tuned minus base" in [text.replace("\n", " ") for text in texts(figure)]


def test_zero_is_in_view_of_a_change():
    rows = [layer_score(0.1), layer_score(0.5, variant="ner")]

    (axes,) = plot_change_by_layer(rows, "calign").axes

    assert axes.get_ylim()[0] < 0 < 0.4 < axes.get_ylim()[1]
    assert [0.0, 0.0] in [list(line.get_ydata()) for line in axes.get_lines()]


def test_change_needs_both():
    with pytest.raises(ValueError, match=r"no run is fine-tuned.*runs: mbert base"):
        plot_change_by_layer([layer_score()], "calign")
    rows = [layer_score(layer=0), layer_score(layer=3, variant="ner")]
    with pytest.raises(ValueError, match="mbert fine-tuned on ner has a score for en-de, layer 3"):
        plot_change_by_layer(rows, "calign")


# --- errors of the score table ---


def test_no_row_says_what_was_wanted_and_what_there_is():
    with pytest.raises(
        ValueError,
        match=r"no row has metric 'colap', definition 'published', over 'all'; "
        r"there are: 'calign', 'published', 'all', corpus 'demo'",
    ):
        plot_by_layer([layer_score()], "colap")
    with pytest.raises(ValueError, match="the score table is empty"):
        plot_by_layer([], "calign")


def test_several_corpora_are_refused():
    rows = [layer_score(), layer_score(corpus="bible")]

    with pytest.raises(ValueError, match="of 2 corpora, bible, demo"):
        plot_by_layer(rows, "calign")


def test_double_rows_and_missing_layers_are_refused():
    with pytest.raises(ValueError, match="differ in nothing but their value"):
        plot_by_layer([layer_score(0.1), layer_score(0.2)], "calign")
    with pytest.raises(ValueError, match="has no layer"):
        plot_by_layer([layer_score(layer=None)], "calign")


# --- tasks ---


def test_bars_are_scores_and_zero_shot_is_hatched():
    rows = [
        task_score(0.4, target="ar"),
        task_score(0.9, target="en", zero_shot=False),
        task_score(0.6, target="de"),
        task_score(0.8, target="de", seed=2),
    ]

    figure = plot_task_scores(rows)
    (axes,) = figure.axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]

    assert [label.get_text() for label in axes.get_xticklabels()] == ["en", "ar", "de"]
    assert [bar.get_height() for bar in bars] == pytest.approx([0.9, 0.4, 0.7])
    assert [bool(bar.get_hatch()) for bar in bars] == [False, True, True]
    assert [t.get_text() for t in axes.texts] == ["0.90", "0.40", "0.70"]
    assert [sorted(line.get_ydata()) for line in axes.get_lines()] == [[0.6, 0.8]]
    assert "2 seeds of the fine-tuning" in read(figure)
    assert [(t.get_text(), bool(patch.get_hatch())) for t, patch in zip(
        figure.legends[0].get_texts(), figure.legends[0].get_patches(), strict=True
    )] == [
        ("language fine-tuned on", False),
        ("zero-shot: language never fine-tuned on", True),
    ]  # fmt: skip


def test_chance_is_a_line_across_each_bar_that_has_it():
    rows = [
        task_score(0.4, target="ar", null_mean=0.25),
        task_score(0.9, target="en", zero_shot=False),
        task_score(0.6, target="de", null_mean=0.1),
        task_score(0.8, target="de", seed=2, null_mean=0.3),
    ]

    figure = plot_task_scores(rows)
    (axes,) = figure.axes
    across = {tuple(line.get_xdata()): tuple(line.get_ydata()) for line in axes.get_lines()
              if len(set(line.get_ydata())) == 1}  # fmt: skip

    assert across == {
        (0.625, 1.375): pytest.approx((0.25, 0.25)),
        (1.625, 2.375): pytest.approx((0.2, 0.2)),
    }
    assert figure.legends[0].get_texts()[-1].get_text() == "chance: answers to other sentences"


def test_what_was_translated_before_is_no_zero_shot():
    rows = [
        bleu_score(30.0, target="fr", zero_shot=False),
        bleu_score(20.0, target="ar", zero_shot=False, seen="pre-training"),
        bleu_score(9.0, target="de"),
    ]

    figure = plot_task_scores(rows)
    (axes,) = figure.axes

    assert [label.get_text() for label in axes.get_xticklabels()] == ["fr", "ar", "de"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "language fine-tuned on",
        "translated into before",
        "zero-shot: language never fine-tuned on",
    ]


def test_a_model_that_has_not_learnt_is_named():
    learnt = task_score(metric="learnt", target="en", zero_shot=None)
    rows = [
        task_score(),
        task_score(model="xlmr"),
        replace(learnt, value=1.0),
        replace(learnt, model="xlmr", value=0.0),
    ]

    assert [axes.get_title() for axes in plot_task_scores(rows).axes] == [
        "mbert",
        "xlmr: not learnt",
    ]


def test_tasks_are_rows_and_models_columns():
    rows = [
        task_score(),
        task_score(model="xlmr"),
        task_score(metric="accuracy", variant="sst2"),
        task_score(metric="macro_f1", variant="sst2"),
    ]

    axes = plot_task_scores([*rows, layer_score()]).axes

    # Nothing is left empty where xlmr lacks a task.
    assert [(a.get_title(), a.get_ylabel()) for a in axes] == [
        ("mbert", "entity F1\nner, tuned on en"),
        ("xlmr", ""),
        ("mbert", "accuracy\nsst2, tuned on en"),
        ("mbert", "macro F1\nsst2, tuned on en"),
    ]


def bleu_score(value, **fields):
    named = {"metric": "bleu", "variant": "mt", "model": "mt5", "signature": "nrefs:1|tok:13a"}
    return task_score(value, **named | fields)


def test_translations_are_drawn_from_zero_to_the_best_of_their_row():
    rows = [
        bleu_score(30.0, zero_shot=False),
        bleu_score(4.56, target="it"),
        bleu_score(40.0, model="mt5-large"),
        bleu_score(61.0, metric="chrf"),
        task_score(0.5, model="mt5"),
    ]

    axes = plot_task_scores(rows).axes

    assert [(a.get_title(), a.get_ylabel()) for a in axes] == [
        ("mt5", "BLEU\nmt, from en"),
        ("mt5-large", ""),
        ("mt5", "chrF++\nmt, from en"),
        ("mt5", "entity F1\nner, tuned on en"),
    ]
    assert [t.get_text() for t in axes[0].texts] == ["30.0", "4.6"]
    assert [t.get_text() for t in axes[3].texts] == ["0.50"]
    tops = [a.get_ylim()[1] for a in axes]
    assert tops == pytest.approx([40 * 1.13, 40 * 1.13, 61 * 1.13, 1.13])
    assert [a.get_ylim()[0] for a in axes] == [0.0] * 4
    assert all(max(a.get_yticks()) <= best for a, best in zip(axes, (40, 40, 61, 1), strict=True))


def test_translations_without_any_hit_are_drawn():
    (axes,) = plot_task_scores([bleu_score(0.0)]).axes

    assert axes.get_ylim() == pytest.approx((0.0, 1.13))
    assert [t.get_text() for t in axes.texts] == ["0.0"]


def test_three_tasks_of_three_models_fit_on_a_page_and_nothing_overlaps():
    rows = [
        task_score(value, model=model, target=target, zero_shot=target != "en", **named)
        for named, models in (
            ({}, ("mbert", "mt5", "xlmr")),
            ({"metric": "accuracy", "variant": "sst2"}, ("mbert", "mt5", "xlmr")),
            ({"metric": "macro_f1", "variant": "sst2"}, ("mbert", "mt5", "xlmr")),
        )
        for model in models
        for target, value in (("en", 1.0), ("ar", 0.7), ("de", 0.8), ("es", 0.6), ("fr", 0.75),
                              ("it", 0.1))
    ]  # fmt: skip
    rows += [
        bleu_score(value, metric=metric, target=target, zero_shot=target == "it")
        for metric in ("bleu", "chrf")
        for target, value in (("ar", 12.5), ("de", 30.1), ("es", 38.0), ("fr", 35.4), ("it", 2.0))
    ]

    figure = plot_task_scores(rows)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
    boxes.append(figure.legends[0].get_window_extent(renderer))
    page = figure.bbox

    assert len(figure.axes) == 3 * 3 + 2
    assert figure.get_size_inches()[1] <= 6.15  # the height of the text of an A4 page on its side
    assert not [(a, b) for a, b in combinations(range(len(boxes)), 2)
                if boxes[a].overlaps(boxes[b])]  # fmt: skip
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 + 1 for box in boxes)
    assert all(page.y0 <= box.y0 and box.y1 <= page.y1 + 1 for box in boxes)


def test_same_task_on_two_test_sets_is_two_rows():
    axes = plot_task_scores([task_score(), task_score(corpus="news")]).axes

    assert [a.get_ylabel().split("\n")[-1] for a in axes] == ["names", "news"]


def test_unfit_task_rows_are_refused():
    with pytest.raises(ValueError, match=r"no row has one of the metrics .*; there are: calign"):
        plot_task_scores([layer_score()])
    with pytest.raises(ValueError, match="does not say if it is zero-shot"):
        plot_task_scores([task_score(zero_shot=None)])
    with pytest.raises(ValueError, match="two rows of entity_f1"):
        plot_task_scores([task_score(), task_score()])
    with pytest.raises(ValueError, match="disagree whether it is zero-shot"):
        plot_task_scores([task_score(), task_score(zero_shot=False, seed=2)])


# --- examples ---


def test_word_lists_stand_under_their_languages():
    shown = example(("book", "page"), ("Buch", "Seite"))

    figure = plot_concept_examples([shown], title="mbert, base")

    assert texts(figure)[:-1] == [
        "What do concepts that two languages share look like?",
        "Published definition; mbert, base; the best, not the usual",
        "English (en)", "German (de)", "layer 6", "CALIGN: 7 of 60 align, the best shown",
        "2 of 2 matched", "sentence 25%", "book", "page", "Buch", "Seite",
        "COLAP: no example: 0 of 80 overlap",
    ]  # fmt: skip


def test_concepts_of_both_languages_have_the_share_of_each():
    mixed = OverlapExample(("book", "page"), ("Buch", "Seite", "Werk"), 15, 5)
    shown = example(examples=(), n_aligned=0, overlapping=(mixed,), n_overlapping=31)

    figure = plot_concept_examples([shown], n_types=2)

    assert texts(figure)[2:-1] == [
        "English (en)", "German (de)", "layer 6", "CALIGN: no example: 0 of 60 align",
        "COLAP: 31 of 80 overlap, the best shown", "75% en (15)", "25% de (5)",
        "book", "page", "Buch", "Seite", "+1 more",
    ]  # fmt: skip
    # Whether they translate each other is not asked.
    words = [text for text in figure.texts if text.get_text() in ("book", "Seite")]
    assert [(word.get_weight(), word.get_color()) for word in words] == [("normal", "black")] * 2
    assert not [line for line in figure.get_children()
                if isinstance(line, Line2D) and line.get_linestyle() == ":"]  # fmt: skip


def test_words_of_both_sides_without_translation_are_marked_by_more_than_colour():
    shown = example(
        ("book", "page", "tome"), ("Buch", "Seite"),
        source_matched=(True, False, True), target_matched=(False, True),
    )  # fmt: skip

    figure = plot_concept_examples([shown])
    place = {text.get_text(): text for text in figure.texts}
    dotted = [line for line in figure.get_children()
              if isinstance(line, Line2D) and line.get_linestyle() == ":"]  # fmt: skip

    assert "2 of 3 matched" in place
    assert [w for w in ("book", "page", "tome", "Buch", "Seite")
            if place[w].get_weight() == "bold"] == ["book", "tome", "Seite"]  # fmt: skip
    # A dotted line runs below each of the others, as long as the word.
    width = figure.bbox.width
    for line, word in zip(dotted, ("page", "Buch"), strict=True):
        box = place[word].get_window_extent()
        assert [x * width for x in line.get_xdata()] == pytest.approx([box.x0, box.x1], abs=3)
        assert box.y0 - 6 < line.get_ydata()[0] * figure.bbox.height < box.y0 + 4


def test_arabic_list_runs_from_right_to_left():
    figure = plot_concept_examples([example(("book", "page"), ("كتاب", "صفحة"), target="ar")])
    place = {text.get_text(): text for text in figure.texts}
    ends = {name: text.get_window_extent() for name, text in place.items()}

    assert ends["book"].x1 < ends["page"].x0
    assert ends["صفحة"].x1 < ends["كتاب"].x0
    # The first word stands under the end of the heading, which is at the right.
    assert abs(ends["Arabic (ar)"].x1 - ends["كتاب"].x1) < 4


def test_arabic_letters_join():
    # The forms by hand: initial seen, final ligature lam-alef, isolated meem.
    by_hand = "\ufeb3\ufefc\ufee1"
    apart = "\u200c".join("سلام")

    word = picture("سلام")

    assert (word == picture(by_hand)).all()
    assert (word != picture(apart)).any()


def test_arabic_letters_run_from_right_to_left():
    # The override lays the same forms out from left to right: so they come last letter first.
    reversed_by_hand = "\u202d\ufee1\ufefc\ufeb3\u202c"

    word = picture("سلام")

    assert (word == picture(reversed_by_hand)).all()
    assert (word != picture("\u202d\ufeb3\ufefc\ufee1\u202c")).any()


def test_mixed_word_follows_the_direction_of_its_list():
    def right_edge(text):
        with style():
            figure = Figure(figsize=(3, 0.5))
            figure.text(0.95, 0.3, text, size=14, ha="right")
            return pixels(figure)[:, -60:]

    word = "iPhone-الجديد"

    # From right to left the first part, iPhone, stands last at the right.
    in_arabic = right_edge(fonts.directed(word, right_to_left=True))

    assert (in_arabic == right_edge("iPhone")).all()
    assert (right_edge(fonts.directed(word, right_to_left=False)) == right_edge("الجديد")).all()
    assert (in_arabic != right_edge("الجديد")).any()


def test_direction_of_a_list_is_that_of_most_words():
    assert fonts.is_right_to_left(("2024", "كتاب", "iPhone", "صفحة"))
    assert not fonts.is_right_to_left(("2024", "book", "page", "كتاب"))
    assert fonts.directed("book", right_to_left=False) == "book"
    assert fonts.directed("كتاب", right_to_left=False) == "\u200eكتاب"
    assert fonts.directed("كتاب", right_to_left=True) == "كتاب"


@pytest.mark.parametrize("word", ["$5", "$x$", r"$\frac{1}{2}$", r"$\nonsense$", "|||", "a_b^c"])
def test_words_are_drawn_as_they_are(word, tmp_path):
    figure = plot_concept_examples([example((word,))])
    save_figure(figure, tmp_path / "a.pdf")

    assert word in texts(figure)
    # A formula would lose its dollars and be narrower.
    (text,) = (t for t in figure.texts if t.get_text() == word)
    assert not text.get_parse_math()


def test_long_words_end_in_an_ellipsis():
    figure = plot_concept_examples([example(("Donaudampf" * 50, "short"))])
    (word,) = (t for t in figure.texts if t.get_text().startswith("Donau"))

    assert word.get_text().endswith("…")
    assert len(word.get_text()) > 10
    assert word.get_window_extent().width / figure.dpi <= 1.65
    assert "short" in texts(figure)


def test_words_beyond_the_limit_are_counted_and_so_are_the_matched_ones_among_them():
    words = tuple(f"w{i}" for i in range(20))
    matched = tuple(i < 3 or i == 19 for i in range(20))

    figure = plot_concept_examples([example(words, source_matched=matched)], n_types=3)

    assert {"w0", "w2", "+17 more, 1 matched", "4 of 20 matched"} <= set(texts(figure))
    assert "w3" not in texts(figure)


def test_a_concept_without_any_more_words_counts_none():
    figure = plot_concept_examples([example(("a", "b", "c"))], n_types=3)

    assert not [text for text in texts(figure) if "more" in text]


def test_all_words_stay_in_the_figure_and_apart():
    long = tuple(f"Wort{i}" * (1 + i % 4) for i in range(40))

    figure = plot_concept_examples([example(long, long), example(long, long)], n_types=40)
    boxes = [t.get_window_extent() for t in figure.texts]
    width, height = figure.get_size_inches() * figure.dpi
    # A pixel of tolerance: letters overhang their advance.
    overlaps = [
        (i, j)
        for i, a in enumerate(boxes)
        for j, b in enumerate(boxes[:i])
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 3
    ]

    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= width
    assert min(box.y0 for box in boxes) >= 0
    assert max(box.y1 for box in boxes) <= height
    assert overlaps == []


def only_matplotlibs_fonts(monkeypatch, *more):
    """As on a machine without any font, or with these."""
    own = matplotlib.get_data_path()
    kept = [f for f in font_manager.fontManager.ttflist if f.fname.startswith(own)]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", kept)
    for path in more:
        font_manager.fontManager.addfont(path)


@pytest.mark.usefixtures("clear_fonts")
def test_missing_characters_are_boxes_and_one_log_line_names_fonts(caplog, monkeypatch, tmp_path):
    only_matplotlibs_fonts(monkeypatch)

    with caplog.at_level(logging.WARNING):
        figure = plot_concept_examples([example(("a中", "中文", "b\nc", "\ud800", "กก", "ひ"))])
        save_figure(figure, tmp_path / "a.pdf", tmp_path / "a.png", tmp_path / "a.svg")

    assert {"a□", "□□", "b□c", "□"} <= set(texts(figure))
    assert "□: no font here has the character (CJK, Thai, other; see the log)" in read(figure)
    (record,) = caplog.records
    assert record.getMessage() == (
        "6 characters are in no font of this machine and drawn as □: CJK (U+3072 HIRAGANA LETTER "
        "HI, U+4E2D CJK UNIFIED IDEOGRAPH-4E2D, U+6587 CJK UNIFIED IDEOGRAPH-6587): install Noto "
        "Sans CJK, on Debian and Ubuntu the package fonts-noto-cjk; Thai (U+0E01 THAI CHARACTER KO "
        "KAI): install Noto Sans Thai, on Debian and Ubuntu the package fonts-noto-core; other "
        "(U+000A unnamed, U+D800 unnamed)"
    )


def test_invisible_characters_are_left_out_and_joiners_stay():
    drawable = fonts.lettering([], "en").drawable

    assert drawable("ze\u200bro\u2060\u202ewidth\ufeff\u00ad") == "zerowidth"
    assert drawable("می\u200cخواهم") == "می\u200cخواهم"
    assert drawable("\u200b") == "□"


@pytest.mark.usefixtures("clear_fonts")
def test_any_installed_font_gives_what_dejavu_lacks(tmp_path, monkeypatch, caplog):
    tiny_font(tmp_path / "tiny.ttf", "中", "Tiny")
    tiny_font(tmp_path / "other.ttf", "文", "Other")
    only_matplotlibs_fonts(monkeypatch, tmp_path / "tiny.ttf", tmp_path / "other.ttf")

    figure = plot_concept_examples([example(("中",))])
    save_figure(figure, tmp_path / "a.pdf", tmp_path / "a.png", tmp_path / "a.svg")

    assert fonts.lettering(["a中"], "zh").families == ("DejaVu Sans", "Tiny")
    assert "中" in texts(figure)
    assert [r for r in caplog.records if r.name.startswith("polyconcept")] == []


@pytest.mark.usefixtures("clear_fonts")
def test_han_characters_are_drawn_as_the_readers_of_a_language_know_them(tmp_path, monkeypatch):
    for end in ("SC", "JP", "KR", "TC"):
        tiny_font(tmp_path / f"{end}.ttf", "中", f"Noto Sans CJK {end}")
    tiny_font(tmp_path / "last.ttf", "中", "Last Resort")
    tiny_font(tmp_path / "a.ttf", "中", "A Font")
    only_matplotlibs_fonts(monkeypatch, *sorted(tmp_path.glob("*.ttf")))

    found = {code: fonts.lettering(["中"], code).families[1:] for code in
             ("zh", "zh-Hant", "ja", "ko", "en")}  # fmt: skip

    assert found == {
        "zh": ("Noto Sans CJK SC",),
        "zh-Hant": ("Noto Sans CJK TC",),
        "ja": ("Noto Sans CJK JP",),
        "ko": ("Noto Sans CJK KR",),
        "en": ("Noto Sans CJK SC",),
    }


@pytest.mark.parametrize(
    ("language", "word", "by_itself"),
    [("hi", "कि", "क"), ("th", "ที่", "ท"), ("zh", "中文", "中"), ("ko", "한국", "한")],
)
def test_scripts_are_drawn_where_the_machine_has_a_font(language, word, by_itself):
    letters = fonts.lettering([word], language)
    if letters.missing([word]):
        pytest.skip(f"no font for {language} on this machine")

    family = list(letters.families)

    assert letters.drawable(word) == word
    assert (picture(word, family=family) != picture(by_itself, family=family)).any()
    assert (picture(word, family=family) != picture("□" * len(word))).any()


def test_concepts_that_have_no_room_are_left_out_of_each_pair_alike():
    words = tuple(f"word{i}" for i in range(8))
    (one,) = example(words, words).aligned.examples
    pairs = [example(target=t, examples=(one,) * 9, n_aligned=9) for t in ("de", "fr", "es")]

    figure = plot_concept_examples(pairs)
    alone = plot_concept_examples([example(examples=(one,) * 2, n_aligned=2)])
    shown = [text for text in texts(figure) if text.startswith("CALIGN: ") and " align" in text]

    assert figure.get_size_inches()[1] <= UPRIGHT_HEIGHT
    assert len(shown) == 3
    assert len(set(shown)) == 1
    n_shown = int(shown[0].removeprefix("CALIGN: 9 of 60 align, the best ").split()[0])
    assert 1 < n_shown < 9
    assert texts(figure).count("8 of 8 matched") == 3 * n_shown
    assert "CALIGN: 2 of 60 align, all shown" in texts(alone)


def test_many_pairs_stand_in_two_columns_with_fewer_words():
    words = tuple(f"word{i}" for i in range(20))
    (one,) = example(words, words).aligned.examples
    mixed = OverlapExample(words, words, 30, 20)
    pairs = [
        example(target=t, examples=(one,) * 4, overlapping=(mixed,) * 4)
        for t in ("ar", "bg", "de", "es", "fr", "hi", "it", "nl", "pl", "ru", "sv", "tr")
    ]

    figure = plot_concept_examples(pairs)
    lefts = {text.get_position()[0] for text in figure.texts if text.get_text() == "English (en)"}

    assert len(lefts) == 2
    assert texts(figure).count("20 of 20 matched") == texts(figure).count("60% en (30)") == 12
    assert texts(figure).count("word3") == 12 * 4
    assert "word4" not in texts(figure)
    assert all(box.y0 >= 0 for box in (text.get_window_extent() for text in figure.texts))


def test_unfit_examples_are_refused():
    with pytest.raises(ValueError, match="2 source types but 1 flags"):
        plot_concept_examples([example(("a", "b"), source_matched=(True,))])
    with pytest.raises(ValueError, match="1 target types but 2 flags"):
        plot_concept_examples([example(target_matched=(True, False))])
    with pytest.raises(ValueError, match="a concept without words"):
        plot_concept_examples([example(("a",), ())])
    with pytest.raises(ValueError, match="a concept without words of one language"):
        plot_concept_examples([example(overlapping=(OverlapExample(("a",), (), 3, 0),))])
    with pytest.raises(ValueError, match="n_types=0 should be at least 1"):
        plot_concept_examples([example()], n_types=0)


def test_language_names():
    assert fonts.language_name("zh-Hans") == "Chinese (zh-Hans)"
    assert fonts.language_name("tlh") == "tlh"


# --- files ---


def all_figures():
    return [
        plot_by_layer(study(), "calign"),
        plot_change_by_layer(study(), "calign"),
        plot_task_scores([task_score(), task_score(0.9, target="en", zero_shot=False)]),
        plot_concept_examples([example(("book", "$5"), ("كتاب", "سلام"), target="ar")]),
    ]


def test_same_input_same_bytes(tmp_path):
    for index, (first, second) in enumerate(zip(all_figures(), all_figures(), strict=True)):
        save_figure(first, *(tmp_path / f"{index}.{suffix}" for suffix in ("pdf", "png", "svg")))
        # Neither saving twice nor the order of the formats matters.
        names = ("e.svg", "b.png", "c.pdf", "d.png")
        save_figure(second, *(tmp_path / name for name in names))

        png = (tmp_path / f"{index}.png").read_bytes()
        pdf = (tmp_path / f"{index}.pdf").read_bytes()
        assert png == (tmp_path / "b.png").read_bytes() == (tmp_path / "d.png").read_bytes()
        assert pdf == (tmp_path / "c.pdf").read_bytes()
        assert (tmp_path / f"{index}.svg").read_bytes() == (tmp_path / "e.svg").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert pdf.startswith(b"%PDF")
        assert b"CreationDate" not in pdf
        assert b"/Type3" not in pdf


def test_bytes_do_not_depend_on_hash_seed_or_user_settings(tmp_path):
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, 'tests')\n"
        "from test_figures import all_figures, save_figure\n"
        "save_figure(all_figures()[3], *map(Path, sys.argv[1:]))"
    )
    settings = tmp_path / "matplotlibrc"
    settings.write_text("font.size: 20\npdf.fonttype: 3\nlines.linewidth: 5\nsvg.fonttype: none\n")
    for name, environment in (
        ("1", {"PYTHONHASHSEED": "1"}),
        ("2", {"PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(settings)}),
    ):
        subprocess.run(
            [sys.executable, "-c", code, *(str(tmp_path / f"{name}.{s}") for s in ("pdf", "svg"))],
            check=True, cwd=ROOT, env={**os.environ, **environment},
        )  # fmt: skip

    for suffix in ("pdf", "svg"):
        one, other = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "12")
        assert one == other


def test_settings_of_the_caller_are_left_alone(tmp_path):
    with matplotlib.rc_context({"font.size": 33.0}):
        before = dict(matplotlib.rcParams)
        save_figure(all_figures()[0], tmp_path / "a.png")

        assert dict(matplotlib.rcParams) == before


def test_no_letter_is_below_7_points():
    for figure in all_figures():
        found = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text()]
        assert found
        assert min(t.get_fontsize() for t in found) >= 7


@pytest.mark.parametrize(
    ("inches", "pixels"),
    [
        ((6.3, 4.0), (945, 600)),
        ((2.0, 5.0), (260, 650)),
        # 105 dots per inch at least, as long as it is no higher than 1000.
        ((2.0, 8.0), (210, 840)),
        ((2.0, 20.0), (100, 1000)),
        ((20.0, 2.0), (1000, 100)),
        ((1.0, 1.0), (150, 150)),
    ],
)
def test_png_fits_on_the_screen(inches, pixels, tmp_path):
    save_figure(Figure(figsize=inches), tmp_path / "a.png")

    with Image.open(tmp_path / "a.png") as image:
        assert image.size == pixels


def test_words_become_no_markup_of_an_svg(tmp_path):
    word = "<script>--></script>&"

    save_figure(plot_concept_examples([example((word,))]), tmp_path / "a.svg")

    text = (tmp_path / "a.svg").read_text()
    elements = {element.tag.split("}")[-1] for element in ElementTree.fromstring(text).iter()}
    assert "script" not in elements
    assert "text" not in elements  # Letters are outlines.
    assert "<dc:date>" not in text


def test_only_pdf_png_and_svg(tmp_path):
    figure = plot_by_layer([layer_score()], "calign")

    with pytest.raises(ValueError, match=r"a\.jpg: the suffix should be one of \.pdf, \.png"):
        save_figure(figure, tmp_path / "a.png", tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="no path"):
        save_figure(figure)
    assert list(tmp_path.iterdir()) == []


def test_failed_drawing_leaves_no_file(tmp_path):
    class Broken(Line2D):
        def draw(self, _renderer):
            raise OSError("broken")

    figure = plot_by_layer([layer_score()], "calign")
    figure.add_artist(Broken([0, 1], [0, 1]))

    with pytest.raises(OSError, match="broken"):
        save_figure(figure, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
