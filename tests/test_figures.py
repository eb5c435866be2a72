import logging
import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

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
from polyconcept.figures import style as looks
from polyconcept.figures.change import draw as plot_change_by_layer
from polyconcept.figures.examples import draw as plot_concept_examples
from polyconcept.figures.layers import draw as plot_by_layer
from polyconcept.figures.save import save_figure
from polyconcept.figures.style import look, style
from polyconcept.figures.tasks import draw as plot_task_scores
from polyconcept.records.concepts import AlignedConcepts, ConceptExample
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
    """A pair with one aligned concept; all words are matched."""
    flags = (True,) * len(source_types), (True,) * len(target_types)
    built = ConceptExample(source_types, target_types, *flags, sentence_share=0.25)
    names = [name for name in fields if name.endswith("_matched") or name == "sentence_share"]
    ours = {name: fields.pop(name) for name in names}
    return replace(AlignedConcepts("en", "de", 6, 7, 60, (replace(built, **ours),)), **fields)


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
    cached = (
        looks.installed_families,
        fonts._covered,
        font_manager.fontManager._findfont_cached,
    )
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


# --- by layer ---


def test_curves_are_the_rows():
    panel = {
        "en-ar": (LAYERS, tuple(0.1 + 0.2 + 0.03 * layer for layer in LAYERS)),
        "en-de": (LAYERS, tuple(0.1 + 0.2 + 0.05 + 0.03 * layer for layer in LAYERS)),
    }

    axes = plot_by_layer(study(), "calign").axes
    found = curves_of(axes[3])

    assert [a.get_title() for a in axes] == [
        "mbert, base", "mbert, fine-tuned: ner", "xlmr, base", "xlmr, fine-tuned: ner",
    ]  # fmt: skip
    assert found.keys() == panel.keys()
    for label, (layers, values) in panel.items():
        assert found[label][0] == layers
        assert found[label][1] == pytest.approx(values)


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

    assert [curves_of(axes) for axes in figure.axes] == [{"en-de": ((0,), (0.2,))}]


def test_seeds_are_averaged_and_spanned():
    rows = [layer_score(v, seed=s, layer=n) for n in (0, 1) for s, v in enumerate((0.1, 0.2, 0.6))]

    figure = plot_by_layer(rows, "calign")
    (axes,) = figure.axes
    (band,) = axes.collections
    heights = band.get_paths()[0].vertices[:, 1]

    assert curves_of(axes)["en-de"][1] == pytest.approx((0.3, 0.3))
    assert (heights.min(), heights.max()) == pytest.approx((0.1, 0.6))
    assert "range of the seeds" in [t.get_text() for t in figure.legends[0].get_texts()]


def test_one_seed_has_no_band():
    figure = plot_by_layer(study(), "calign")

    assert not any(axes.collections for axes in figure.axes)
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["en → ar", "en → de"]


def test_pairs_of_colap_have_no_direction():
    figure = plot_by_layer([layer_score(metric="colap")], "colap")

    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["en + de"]


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

    assert figure.get_supylabel().replace("\n", " ") == label
    assert figure.axes[0].get_xlabel() == "layer"


def test_layer_ticks_are_the_layers_at_their_places():
    axes = plot_by_layer(study(variants=("base",)), "calign").axes[0]

    assert tuple(axes.get_xticks()) == LAYERS
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(n) for n in LAYERS]


def test_many_layers_keep_first_and_last_label():
    rows = [layer_score(layer=n, variant=v) for n in range(25) for v in ("base", "ner", "mt", "x")]

    axes = plot_by_layer(rows, "calign").axes[0]
    labels = [int(label.get_text()) for label in axes.get_xticklabels()]

    assert (labels[0], labels[-1]) == (0, 24)
    assert len(labels) < 15
    assert sorted({*axes.get_xticks(), *axes.get_xticks(minor=True)}) == list(range(25))


def test_scores_share_one_axis_from_0():
    rows = [layer_score(0.1), layer_score(0.4, variant="ner")]

    limits = [axes.get_ylim() for axes in plot_by_layer(rows, "calign").axes]

    assert limits == [pytest.approx((-0.03, 1.03))] * 2


def test_sides_are_rows_and_absent_runs_leave_a_hole():
    rows = [
        layer_score(model="mt5", side="decoder"),
        layer_score(model="mt5", side="encoder"),
        layer_score(model="mbert"),
        layer_score(model="mbert", variant="ner"),
    ]

    titles = [axes.get_title() for axes in plot_by_layer(rows, "calign").axes]

    assert titles == ["mbert, base", "mbert, fine-tuned: ner", "mt5, base", "mt5, decoder, base"]


def test_long_titles_take_a_line_each():
    rows = [layer_score(model="xlm-roberta-large", variant=v) for v in ("base", "ner", "sst2")]

    titles = [axes.get_title() for axes in plot_by_layer(rows, "calign").axes]

    assert titles[0] == "xlm-roberta-large\nbase"


def test_twelve_languages_look_different_even_in_grey():
    targets = [f"{a}x" for a in "abcdefghijkl"]

    axes = plot_by_layer(study(("m",), ("base",), targets), "calign").axes[0]
    signs = {
        (line.get_marker(), line.get_linestyle(), to_hex(line.get_color()))
        for line in axes.get_lines()
    }

    assert len(signs) == 12
    assert len({(marker, line) for marker, line, _ in signs}) >= 8
    assert len({look(index) for index in range(56)}) == 56


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

    assert axes.get_title() == "mbert, fine-tuned: ner"
    assert curves_of(axes)["en-de"][1] == pytest.approx((-0.1,))
    assert (heights.min(), heights.max()) == pytest.approx((-0.3, 0.1))
    assert figure.get_supylabel() == "CALIGN: fine-tuned minus base"


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
    assert [(t.get_text(), bool(patch.get_hatch())) for t, patch in zip(
        figure.legends[0].get_texts(), figure.legends[0].get_patches(), strict=True
    )] == [
        ("language fine-tuned on", False),
        ("zero-shot: language never fine-tuned on", True),
    ]  # fmt: skip


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

    assert texts(figure)[:5] == [
        "mbert, base",
        "English (en) → German (de): 7 of 60 concepts align in layer 6, the best 1 shown",
        "English (en)", "German (de)", "matched",
    ]  # fmt: skip
    assert set(texts(figure)[5:-2]) == {
        *("2 of 2", "sentence 25%", "book", "page", "Buch", "Seite")
    }  # fmt: skip


def test_words_of_both_sides_without_translation_are_marked_by_more_than_colour():
    shown = example(
        ("book", "page", "tome"), ("Buch", "Seite"),
        source_matched=(True, False, True), target_matched=(False, True),
    )  # fmt: skip

    figure = plot_concept_examples([shown])
    place = {text.get_text(): text for text in figure.texts}
    dotted = [line for line in figure.get_children()
              if isinstance(line, Line2D) and line.get_linestyle() == ":"]  # fmt: skip

    assert "2 of 3" in place
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

    assert {"w0", "w2", "+17 more, 1 matched", "4 of 20"} <= set(texts(figure))
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


@pytest.mark.usefixtures("clear_fonts")
def test_missing_characters_are_boxes_and_one_log_line(caplog, monkeypatch, tmp_path):
    monkeypatch.setattr(looks, "_FAMILIES", ("DejaVu Sans",))

    with caplog.at_level(logging.WARNING):
        figure = plot_concept_examples([example(("a中", "中文", "b\nc", "\ud800"))])
        save_figure(figure, tmp_path / "a.pdf", tmp_path / "a.png")

    assert {"a□", "□□", "b□c", "□"} <= set(texts(figure))
    assert "□: a character that no font here has" in texts(figure)[-2]
    (record,) = caplog.records
    assert "4 characters are in no font here" in record.getMessage()
    assert "U+4E2D CJK UNIFIED IDEOGRAPH-4E2D, U+6587" in record.getMessage()


def test_invisible_characters_are_left_out_and_joiners_stay():
    assert fonts.drawable("ze\u200bro\u2060\u202ewidth\ufeff\u00ad") == "zerowidth"
    assert fonts.drawable("می\u200cخواهم") == "می\u200cخواهم"
    assert fonts.drawable("\u200b") == "□"


@pytest.mark.usefixtures("clear_fonts")
def test_another_font_gives_what_dejavu_lacks(tmp_path, monkeypatch, caplog):
    tiny_font(tmp_path / "tiny.ttf", "中", "Tiny")
    known = list(font_manager.fontManager.ttflist)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", known)
    font_manager.fontManager.addfont(tmp_path / "tiny.ttf")
    monkeypatch.setattr(looks, "_FAMILIES", ("DejaVu Sans", "Tiny", "Not Installed"))

    figure = plot_concept_examples([example(("中",))])
    save_figure(figure, tmp_path / "a.pdf", tmp_path / "a.png")

    assert looks.installed_families() == ("DejaVu Sans", "Tiny")
    assert "中" in texts(figure)
    assert [r for r in caplog.records if r.name.startswith("polyconcept")] == []


def test_a_pair_of_which_nothing_aligns_is_said():
    nothing = example(examples=(), n_aligned=0)

    shown = texts(plot_concept_examples([nothing], title="mbert"))

    assert shown == ["mbert", "English (en) → German (de): 0 of 60 concepts align in layer 6"]


def test_concepts_that_have_no_room_are_left_out_of_each_pair_alike():
    words = tuple(f"word{i}" for i in range(8))
    (one,) = example(words, words).examples
    pairs = [example(target=t, examples=(one,) * 9, n_aligned=9) for t in ("de", "fr", "es")]

    figure = plot_concept_examples(pairs)
    alone = plot_concept_examples([example(examples=(one,) * 2, n_aligned=2)])
    shown = [text.split("layer 6")[1] for text in texts(figure) if "concepts align" in text]

    assert figure.get_size_inches()[1] <= 6.15
    assert len(set(shown)) == 1
    assert ", the best " in shown[0]
    assert texts(figure).count("8 of 8") == 3 * int(shown[0].split()[3])
    assert [text for text in texts(alone) if text.endswith("layer 6, all shown")]


def test_unfit_examples_are_refused():
    with pytest.raises(ValueError, match="2 source types but 1 flags"):
        plot_concept_examples([example(("a", "b"), source_matched=(True,))])
    with pytest.raises(ValueError, match="1 target types but 2 flags"):
        plot_concept_examples([example(target_matched=(True, False))])
    with pytest.raises(ValueError, match="a concept without words"):
        plot_concept_examples([example(("a",), ())])
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
        save_figure(first, tmp_path / f"{index}.pdf", tmp_path / f"{index}.png")
        # Neither saving twice nor the order of the formats matters.
        save_figure(second, tmp_path / "b.png", tmp_path / "c.pdf", tmp_path / "d.png")

        png = (tmp_path / f"{index}.png").read_bytes()
        pdf = (tmp_path / f"{index}.pdf").read_bytes()
        assert png == (tmp_path / "b.png").read_bytes() == (tmp_path / "d.png").read_bytes()
        assert pdf == (tmp_path / "c.pdf").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert pdf.startswith(b"%PDF")
        assert b"CreationDate" not in pdf
        assert b"/Type3" not in pdf


def test_bytes_do_not_depend_on_hash_seed_or_user_settings(tmp_path):
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, 'tests')\n"
        "from test_figures import all_figures, save_figure\n"
        "save_figure(all_figures()[3], Path(sys.argv[1]))"
    )
    settings = tmp_path / "matplotlibrc"
    settings.write_text("font.size: 20\npdf.fonttype: 3\nlines.linewidth: 5\n")
    for name, environment in (
        ("1.pdf", {"PYTHONHASHSEED": "1"}),
        ("2.pdf", {"PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(settings)}),
    ):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / name)],
            check=True, cwd=ROOT, env={**os.environ, **environment},
        )  # fmt: skip

    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()


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
        ((2.0, 6.5), (200, 650)),
        ((20.0, 2.0), (1000, 100)),
        ((1.0, 1.0), (150, 150)),
    ],
)
def test_png_fits_on_the_screen(inches, pixels, tmp_path):
    save_figure(Figure(figsize=inches), tmp_path / "a.png")

    with Image.open(tmp_path / "a.png") as image:
        assert image.size == pixels


def test_only_pdf_and_png(tmp_path):
    figure = plot_by_layer([layer_score()], "calign")

    with pytest.raises(ValueError, match=r"a\.svg: the suffix should be one of \.pdf, \.png"):
        save_figure(figure, tmp_path / "a.png", tmp_path / "a.svg")
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
