import hashlib
import os
import subprocess
import sys
from collections import Counter
from dataclasses import fields, is_dataclass
from importlib import resources
from itertools import pairwise, permutations
from pathlib import Path

import pytest

from polyconcept.builtin.abstract import (
    FIRST_FREE,
    Adjunct,
    Clause,
    Name,
    Noun,
    Pronoun,
    Relative,
    Sentence,
)
from polyconcept.builtin.arabic_forms import Person, decline, imperfect_form, past_form
from polyconcept.builtin.compose import compose
from polyconcept.builtin.corpus import _linked, _realisers, generate_corpus
from polyconcept.builtin.read_lexicon import CONTENT, FILES, LANGUAGES, Entry, lexicon

N = 400
SEED = 11


def noun(ids, key, determiner="the", **options):
    return Noun((next(ids), lexicon()["nouns"][key]), determiner, next(ids), **options)


def leaf(ids, file, key):
    entry = lexicon()[file][key]
    first = next(ids)
    for _ in range(entry.n_words - 1):
        next(ids)
    return first, entry


def name(ids, entity, *keys):
    return Name(tuple(leaf(ids, "names", key) for key in keys), entity, next(ids))


def clause(ids, verb, subject, tense="past", **options):
    if verb is None:
        return Clause(next(ids), None, subject, tense, next(ids), **options)
    return Clause(*leaf(ids, "verbs", verb), subject, tense, next(ids), **options)


def fresh():
    return iter(range(FIRST_FREE, 1000))


def a_gift():
    i = fresh()
    ring = noun(i, "ring", "a", adjectives=(leaf(i, "adjectives", "beautiful"),))
    giver, nurse = name(i, "PER", "maria"), noun(i, "nurse")
    return Sentence(clause(i, "give", giver, object=ring, recipient=nurse))


def a_reason():
    i = fresh()
    hotel = noun(i, "hotel", adjectives=(leaf(i, "adjectives", "old"),))
    main = clause(i, "love", noun(i, "student", plural=True), object=hotel, negation=next(i))
    dirty = leaf(i, "adjectives", "dirty")
    reason = clause(i, None, Pronoun(next(i), hotel), predicate=dirty)
    return Sentence(main, leaf(i, "particles", "because"), reason)


def a_contrast():
    i = fresh()
    soup = noun(i, "tea", "this")
    cold = leaf(i, "adjectives", "cold")
    other = clause(i, None, soup, predicate=cold, degree=leaf(i, "adverbs", "very"), negation=-1)
    where = Adjunct(leaf(i, "particles", "in"), name(i, "LOC", "egypt"))
    main = clause(
        i, "praise", noun(i, "child", plural=True), object=noun(i, "cook", "a"), places=(where,)
    )
    return Sentence(main, leaf(i, "particles", "although"), other, other_first=True)


def a_report():
    i = fresh()
    inner = clause(i, "reject", name(i, "PER", "anna", "weber"), "present", object=noun(i, "plan"))
    return Sentence(
        clause(
            i,
            "say",
            name(i, "ORG", "worldbank"),
            adverbs=(leaf(i, "adverbs", "lastweek"),),
            time_first=True,
            complement=(leaf(i, "particles", "that"), inner),
        )
    )


def a_relative():
    i = fresh()
    omar = name(i, "PER", "omar")
    inner = clause(i, "buy", omar)
    cars = noun(i, "car", plural=True, relative=Relative(next(i), "object", inner))
    return Sentence(clause(i, None, cars, "future", predicate=leaf(i, "adjectives", "safe")))


def a_wish():
    i = fresh()
    students = noun(i, "student", plural=True)
    friends = noun(i, "friend", "his", plural=True, possessor=students)
    meet = clause(
        i,
        "visit",
        students,
        "present",
        modal="want",
        modal_id=next(i),
        object=name(i, "LOC", "newyork"),
        places=(Adjunct(leaf(i, "particles", "with"), friends),),
    )
    return Sentence(meet)


EXPECTED = {
    a_gift: {
        "en": "Maria gave the nurse a beautiful ring .",
        "de": "Maria hat der Krankenschwester einen schönen Ring gegeben .",
        "fr": "Maria a donné une belle bague à l' infirmière .",
        "es": "María le dio un anillo hermoso a la enfermera .",
        "it": "Maria ha dato un anello bello all' infermiera .",
        "ar": "أعطت ماريا خاتما جميلا للممرضة .",
    },
    a_reason: {
        "en": "The students did not love the old hotel because it was dirty .",
        "de": "Die Studenten haben das alte Hotel nicht geliebt , weil es schmutzig war .",
        "fr": "Les étudiants n' ont pas aimé le vieil hôtel parce qu' il était sale .",
        "es": "Los estudiantes no amaron el hotel viejo porque estaba sucio .",
        "it": "Gli studenti non hanno amato il vecchio albergo perché era sporco .",
        "ar": "لم يحب الطلاب الفندق القديم لأنه كان قذرا .",
    },
    a_contrast: {
        "en": "Although this tea was very cold , the children praised a cook in Egypt .",
        "de": "Obwohl dieser Tee sehr kalt war , haben die Kinder einen Koch in Ägypten gelobt .",
        "fr": "Même si ce thé était très froid , les enfants ont loué un cuisinier en Égypte .",
        "es": "Aunque este té estaba muy frío , los niños elogiaron a un cocinero en Egipto .",
        "it": "Anche se questo tè era molto freddo , i bambini hanno lodato un cuoco in Egitto .",
        "ar": "رغم أن هذا الشاي كان باردا جدا ، مدح الأطفال طباخا في مصر .",
    },
    a_report: {
        "en": "Last week , the World Bank said that Anna Weber rejects the plan .",
        "de": "Letzte Woche hat die Weltbank gesagt , dass Anna Weber den Plan ablehnt .",
        "fr": "La semaine dernière , la Banque mondiale a dit qu' Anna Weber rejette le plan .",
        "es": "La semana pasada , el Banco Mundial dijo que Ana Weber rechaza el plan .",
        "it": "La settimana scorsa , la Banca Mondiale ha detto che Anna Weber respinge il piano .",
        "ar": "الأسبوع الماضي قال البنك الدولي إن آنا فيبر ترفض الخطة .",
    },
    a_relative: {
        "en": "The cars that Omar bought will be safe .",
        "de": "Die Autos , die Omar gekauft hat , werden sicher sein .",
        "fr": "Les voitures qu' Omar a achetées seront sûres .",
        "es": "Los coches que Omar compró serán seguros .",
        "it": "Le macchine che Omar ha comprato saranno sicure .",
        "ar": "ستكون السيارات التي اشتراها عمر آمنة .",
    },
    a_wish: {
        "en": "The students want to visit New York with their friends .",
        "de": "Die Studenten wollen New York mit ihren Freunden besuchen .",
        "fr": "Les étudiants veulent visiter New York avec leurs amis .",
        "es": "Los estudiantes quieren visitar Nueva York con sus amigos .",
        "it": "Gli studenti vogliono visitare New York con i loro amici .",
        "ar": "يريد الطلاب أن يزوروا نيويورك مع أصدقائهم .",
    },
}


@pytest.fixture(scope="module")
def corpus():
    return generate_corpus(n_sentences=N, seed=SEED)


@pytest.fixture(scope="module")
def drawn():
    return [compose(SEED, number)[0] for number in range(N)]


def walk(node):
    """All dataclass nodes of a tree; antecedents and possessors, which only refer, left out."""
    if is_dataclass(node) and not isinstance(node, Entry):
        yield node
        for field in fields(node):
            if field.name not in ("antecedent", "possessor"):
                yield from walk(getattr(node, field.name))
    elif isinstance(node, tuple):
        for part in node:
            yield from walk(part)


def content_leaves(node):
    """Ids of nouns, names, verbs, adjectives and adverbs."""
    content = {id(entry) for file in (*CONTENT, "names") for entry in lexicon()[file].values()}
    found = set()
    for part in walk(node):
        for field in fields(part):
            value = getattr(part, field.name)
            leaves = value if isinstance(value, tuple) else ()
            if len(leaves) == 2 and isinstance(leaves[1], Entry):
                leaves = (leaves,)
            for pair in leaves:
                if (
                    isinstance(pair, tuple)
                    and isinstance(pair[1], Entry)
                    and id(pair[1]) in content
                ):
                    found.update(range(pair[0], pair[0] + pair[1].n_words))
        if isinstance(part, Clause) and part.verb is not None:
            found.add(part.verb_id)
    return found


def words_of(leaves, wanted):
    return [position for position, ids in enumerate(leaves) if wanted in ids]


def follows(corpus, language):
    """Neighbouring words."""
    for words in corpus.sentences[language].words:
        yield from pairwise(words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tree", EXPECTED, ids=lambda tree: tree.__name__)
def test_sentences_written_by_hand(tree, language):
    expected = EXPECTED[tree][language]

    tokens = _realisers()[language].sentence(tree())

    assert " ".join(token[0] for token in tokens) == expected


@pytest.mark.parametrize(
    ("tree", "source", "target", "expected"),
    [
        # did not love the old hotel / haben ... das alte Hotel nicht geliebt
        (
            a_reason,
            "en",
            "de",
            "0-0 1-1 2-2 2-7 3-6 4-2 4-7 5-3 6-4 7-5 8-9 9-10 10-12 11-11 12-13",
        ),
        # Article and noun are one Arabic word, with the preposition.
        (a_gift, "en", "ar", "0-1 1-0 2-4 3-4 5-3 6-2 7-5"),
        # la Banque mondiale / the World Bank; la semaine dernière / last week
        (
            a_report,
            "en",
            "fr",
            "0-2 1-0 1-1 2-3 3-4 4-6 5-5 6-7 6-8 7-9 8-10 9-11 10-12 11-13 12-14 13-15",
        ),
        # Arabic writes "it" with the conjunction, the Spanish verb says it.
        (a_reason, "ar", "es", "0-2 1-3 2-0 2-1 3-4 3-5 4-6 5-7 5-8 6-8 7-9 8-10"),
    ],
)
def test_links_worked_out_by_hand(tree, source, target, expected):
    sides = [tuple(t[1] for t in _realisers()[c].sentence(tree())) for c in (source, target)]

    found = _linked(*sides)

    assert " ".join(f"{i}-{j}" for i, j in found) == expected


def test_entity_tags_by_hand():
    expected = {
        "en": "O O O O B-ORG I-ORG O O B-PER I-PER O O O O",
        "de": "O O O O B-ORG O O O B-PER I-PER O O O O",
        "fr": "O O O O O B-ORG I-ORG O O O B-PER I-PER O O O O",
        "ar": "O O O B-ORG I-ORG O B-PER I-PER O O O",
    }

    found = {lang: _realisers()[lang].sentence(a_report()) for lang in expected}

    assert {lang: " ".join(t[2] for t in tokens) for lang, tokens in found.items()} == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (decline("معلمون", "definite", "acc", plural=True), "المعلمين"),
        (decline("معلمون", "construct", "gen", plural=True, suffix="ها"), "معلميها"),
        (decline("زبون", "indefinite", "acc"), "زبونا"),
        (decline("مدارس*", "indefinite", "acc", plural=True), "مدارس"),
        (decline("سيارة", "construct", "nom", suffix="ه"), "سيارته"),
        (decline("أصدقاء", "construct", "gen", plural=True, suffix="ه"), "أصدقائه"),
        (decline("أب!", "construct", "acc", suffix="ها"), "أباها"),
        (decline("قاضي~", "indefinite", "nom"), "قاض"),
        (past_form("اشترى", Person(feminine=True, plural=False)), "اشترت"),
        (past_form("نسي", Person(feminine=False, plural=True)), "نسوا"),
        (imperfect_form("زار", "يزور", Person(feminine=True, plural=False), "jussive"), "تزر"),
        (imperfect_form("رأى", "يرى", Person(feminine=False, plural=True), "indicative"), "يرون"),
    ],
)
def test_arabic_forms(found, expected):
    assert found == expected


def test_feminine_plural_persons_have_no_arabic_verb():
    with pytest.raises(ValueError, match="feminine plural persons, needed masculine"):
        past_form("كتب", Person(feminine=True, plural=True))


def test_french_elides_and_contracts(corpus):
    pairs = set(follows(corpus, "fr"))

    vowels = tuple("aeiouhâàéèêëîïôœAEIOUHÉÈ")
    full = {"le", "la", "de", "que", "ne", "Le", "La"}
    short = {"l'", "d'", "qu'", "n'", "L'"}
    assert not [pair for pair in pairs if pair[0] in full and pair[1].startswith(vowels)]
    assert not [pair for pair in pairs if pair[0] in short and not pair[1].startswith(vowels)]
    assert not pairs & {("de", "le"), ("de", "les"), ("à", "le"), ("à", "les")}
    assert {pair[0] for pair in pairs} >= {"du", "au", "aux", "l'", "d'", "qu'", "n'"}


def test_italian_articles_suit_the_next_sound(corpus):
    pairs = {(a.lower(), b.lower()) for a, b in follows(corpus, "it")}

    vowels = tuple("aeiou")
    before_vowel = ("l'", "un'", "gli", "quest'", "dell'", "all'", "nell'")
    for article, following in pairs:
        if article in ("il", "lo", "i", "una", "nel", "del", "la"):
            assert not following.startswith(vowels), (article, following)
        if article in before_vowel and article != "gli":
            assert following.startswith(vowels), (article, following)
    assert ("gli", "studenti") in pairs
    assert ("lo", "studente") in pairs
    assert not [pair for pair in pairs if pair[0] == "di" and pair[1] in ("il", "la", "l'", "gli")]
    assert not [word for pair in pairs for word in pair if "*" in word]


def test_german_subordinate_clauses_end_in_their_verb(corpus, drawn):
    checked = 0
    for sentence, leaves in zip(drawn, corpus.leaves["de"], strict=True):
        conjunction = sentence.conjunction
        ends_subordinate = (
            conjunction is not None
            and conjunction[1].key in ("because", "although", "when")
            and not sentence.other_first
        )
        last = sentence.other if ends_subordinate else None
        if sentence.main.complement is not None:
            last = sentence.main.complement[1]
        if last is None:
            continue
        checked += 1
        finite = {last.verb_id, last.will_id, last.modal_id}
        before_stop = [ids for ids in leaves[:-1] if ids][-1]
        if any(isinstance(node, Relative) for node in walk(last)):
            continue
        assert set(before_stop) & finite, sentence
    assert checked > N / 4


def test_german_verb_stands_second(corpus, drawn):
    checked = 0
    for sentence, leaves in zip(drawn, corpus.leaves["de"], strict=True):
        main = sentence.main
        fronted = [
            at
            for at in main.adverbs
            if at[1].kind == "comment" or (main.time_first and at[1].kind != "often")
        ]
        if sentence.other_first or not fronted:
            continue
        comment = [at for at in fronted if at[1].kind == "comment"]
        start, entry = (comment or fronted)[0]
        first = set(range(start, start + entry.n_words))
        after = next(ids for ids in leaves if not set(ids) & first)
        assert set(after) & {main.verb_id, main.will_id, main.modal_id}
        checked += 1
    assert checked > 20


def test_arabic_verb_stands_before_its_subject(corpus, drawn):
    checked = 0
    for sentence, leaves in zip(drawn, corpus.leaves["ar"], strict=True):
        main = sentence.main
        if main.verb is None or main.modal or not isinstance(main.subject, Name):
            continue
        verb = words_of(leaves, main.verb_id)[0]
        assert verb < words_of(leaves, main.subject.parts[0][0])[0]
        checked += 1
    assert checked > N / 5


def test_arabic_adjectives_agree_in_definiteness(corpus, drawn):
    definite = Counter()
    for number, sentence in enumerate(drawn):
        words, leaves = corpus.sentences["ar"].words[number], corpus.leaves["ar"][number]
        for node in walk(sentence):
            if not isinstance(node, Noun):
                continue
            for start, _ in node.adjectives:
                (position,) = words_of(leaves, start)
                expected = node.determiner in ("the", "this", "his", "many")
                assert words[position].startswith("ال") == expected, (words, words[position])
                definite[expected] += 1
    assert min(definite[True], definite[False]) > 20


def test_plural_spanish_adjectives_end_in_s(corpus, drawn):
    checked = 0
    for number, sentence in enumerate(drawn):
        words, leaves = corpus.sentences["es"].words[number], corpus.leaves["es"][number]
        for node in walk(sentence):
            if isinstance(node, Noun) and node.adjectives:
                adjective = words[words_of(leaves, node.adjectives[0][0])[0]]
                head = words[words_of(leaves, node.head[0])[0]]
                assert adjective.endswith("s") == head.endswith("s") == node.plural or (
                    not node.plural and head.endswith("s")
                )
                checked += 1
    assert checked > 50


def test_romance_adjectives_follow_their_noun(corpus, drawn):
    after = Counter()
    for number, sentence in enumerate(drawn):
        for node in walk(sentence):
            if isinstance(node, Noun) and node.adjectives:
                for language in ("en", "de", "fr", "es", "it", "ar"):
                    leaves = corpus.leaves[language][number]
                    adjective = words_of(leaves, node.adjectives[0][0])[0]
                    after[language, adjective > words_of(leaves, node.head[0])[0]] += 1

    assert after["es", False] == after["ar", False] == 0
    assert after["en", True] == after["de", True] == 0
    assert after["fr", True] > after["fr", False] > 0
    assert after["it", True] > after["it", False] > 0


def test_every_content_leaf_is_realised_in_every_language(corpus, drawn):
    for number, sentence in enumerate(drawn):
        expected = content_leaves(sentence)

        assert len(expected) >= 2
        for language in LANGUAGES:
            realised = {leaf for ids in corpus.leaves[language][number] for leaf in ids}
            assert expected <= realised, (language, corpus.sentences[language].words[number])


def test_links_are_in_range_ordered_and_transposed(corpus):
    for source, target in permutations(LANGUAGES, 2):
        links, back = corpus.links(source, target), corpus.links(target, source)
        rows = list(zip(links.sentence, links.source_position, links.target_position, strict=True))
        turned = zip(back.sentence, back.target_position, back.source_position, strict=True)
        assert rows == sorted(set(rows))
        assert rows == sorted(turned)
        for number, i, j in rows:
            assert 0 <= i < len(corpus.sentences[source].words[number])
            assert 0 <= j < len(corpus.sentences[target].words[number])


def test_links_compose_through_words_of_one_leaf(corpus):
    def table(source, target):
        links = corpus.links(source, target)
        return set(zip(links.sentence, links.source_position, links.target_position, strict=True))

    direct = table("ar", "it")
    second = {}
    for number, j, k in table("de", "it"):
        second.setdefault((number, j), []).append(k)

    composed = {
        (number, i, k)
        for number, i, j in table("ar", "de")
        if len(corpus.leaves["de"][number][j]) == 1
        for k in second.get((number, j), ())
    }
    assert len(composed) > N
    assert composed <= direct


def test_few_words_are_without_link(corpus):
    for source, target in permutations(LANGUAGES, 2):
        links = corpus.links(source, target)
        n_linked = len(set(zip(links.sentence, links.source_position, strict=True)))
        n_words = sum(map(len, corpus.sentences[source].words))

        # Articles, commas, "le", "a", the copula that Arabic leaves out.
        assert n_linked / n_words > 0.85


def test_tags_are_iob2_and_name_the_same_entities_in_all_languages(corpus):
    def entities(tags):
        for before, tag in zip(("O", *tags), tags, strict=False):
            assert tag == "O" or (tag[0] in "BI" and tag[1:] in ("-PER", "-LOC", "-ORG"))
            if tag.startswith("I-"):
                assert before[1:] == tag[1:]
        return Counter(tag for tag in tags if tag.startswith("B-"))

    kinds = Counter()
    for number in range(N):
        found = [entities(corpus.tags[language].tags[number]) for language in LANGUAGES]
        assert all(other == found[0] for other in found)
        kinds += found[0]
    assert min(kinds[kind] for kind in ("B-PER", "B-LOC", "B-ORG")) > N / 10
    for language in LANGUAGES:
        assert corpus.tags[language].words == corpus.sentences[language].words


def test_some_names_are_shared_and_some_translated():
    names = lexicon()["names"].values()

    shared = [entry for entry in names if len({entry.cells[c] for c in LANGUAGES[:5]}) == 1]

    assert 0.2 < len(shared) / len(names) < 0.8
    assert lexicon()["names"]["london"].cells["it"] == "Londra"
    arabic = {letter for entry in names for letter in entry.cells["ar"] if letter.isalpha()}
    assert {letter for letter in arabic if "a" <= letter.lower() <= "z"} <= set("mfp")


def test_labels_are_balanced_and_parallel(corpus):
    counts = Counter(corpus.labels["en"].label)

    assert set(counts) == {"positive", "negative"}
    assert 0.4 < counts["positive"] / N < 0.6
    assert all(corpus.labels[c].label == corpus.labels["en"].label for c in LANGUAGES)


def test_labels_follow_the_judging_word_and_its_negation():
    flipped = Counter()
    for number in range(1000):
        sentence, label = compose(3, number)
        main = sentence.main
        if sentence.conjunction is not None and sentence.conjunction[1].key == "but":
            main = sentence.other
        if main.complement is not None:
            main = main.complement[1]
        word = main.predicate[1] if main.predicate is not None else main.verb
        if word is None or word.polarity == 0:
            continue
        sign = -word.polarity if main.negation >= 0 else word.polarity
        assert label == ("positive" if sign > 0 else "negative")
        flipped[main.negation >= 0] += 1
    assert flipped[True] > 80
    assert flipped[False] > 300


def test_no_single_word_tells_the_label():
    corpus = generate_corpus(["en"], n_sentences=1200, seed=5)
    seen = {}
    for words, label in zip(corpus.labels["en"].words, corpus.labels["en"].label, strict=True):
        for word in words:
            seen.setdefault(word, Counter())[label] += 1

    purity = sorted(
        max(counts.values()) / counts.total() for counts in seen.values() if counts.total() >= 15
    )
    best = max(counts.total() for counts in seen.values() if max(counts.values()) == counts.total())
    assert purity[len(purity) // 2] < 0.75  # half of the frequent words say next to nothing
    assert best < 0.03 * len(corpus.labels["en"])


def fingerprint():
    corpus = generate_corpus(n_sentences=60, first=7, seed=2)
    parts = [
        str((corpus.sentences[c].words, corpus.tags[c].tags, corpus.labels[c].label))
        for c in LANGUAGES
    ]
    parts.append(str(corpus.links("de", "ar").target_position.tolist()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@pytest.mark.parametrize("hash_seed", ["0", "4321"])
def test_text_does_not_depend_on_the_hash_seed(hash_seed):
    expected = fingerprint()
    code = "import tests.test_builtin as t; print(t.fingerprint())"

    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.stdout.strip(), result.stderr) == (expected, "")


def test_a_sentence_depends_on_seed_and_number_only(corpus):
    part = generate_corpus(["ar", "de"], n_sentences=20, first=30, seed=SEED)
    other = generate_corpus(["de"], n_sentences=20, first=30, seed=SEED + 1)

    for language in ("ar", "de"):
        assert part.sentences[language].words == corpus.sentences[language].words[30:50]
        assert part.leaves[language] == corpus.leaves[language][30:50]
    assert set(other.sentences["de"].words).isdisjoint(part.sentences["de"].words)


def test_sentences_hardly_repeat():
    words = generate_corpus(["en"], n_sentences=1500, seed=1).sentences["en"].words

    lengths = [len(sentence) for sentence in words]
    assert len(set(words)) > 0.99 * len(words)
    assert 10 <= sum(lengths) / len(lengths) <= 14
    assert max(lengths) < 60


def test_words_are_words(corpus):
    for language in LANGUAGES:
        for words in corpus.sentences[language].words:
            assert all(word and not set(word) & set(" \t*~!=|/:<@") for word in words)
            assert words[-1] == "."
            assert not words[0][0].islower()
    arabic = {word for words in corpus.sentences["ar"].words for word in words}
    assert not [word for word in arabic if any("a" <= letter.lower() <= "z" for letter in word)]


def test_lexicon_is_large_and_complete():
    rows = {}
    for file in FILES:
        text = resources.files("polyconcept.builtin").joinpath("lexicon", f"{file}.tsv")
        lines = text.read_text(encoding="utf-8").splitlines()
        rows[file] = [line for line in lines if not line.startswith("#")]
        assert lines[0].startswith("#"), "the columns are explained"
        assert len(rows[file]) - 1 == len(lexicon()[file]), "no key twice"
        for entry in lexicon()[file].values():
            assert all(entry.cells[language] for language in LANGUAGES), entry.key

    assert sum(len(rows[file]) - 1 for file in CONTENT) >= 300


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"languages": ["en", "xx"], "n_sentences": 1}, r"\['xx'\]: expected some of \['en', 'de'"),
        ({"languages": ["en", "en"], "n_sentences": 1}, "each once"),
        ({"languages": [], "n_sentences": 1}, "at least one"),
        ({"n_sentences": 0}, "n_sentences=0: needed at least 1"),
        ({"n_sentences": -3}, "n_sentences=-3"),
        ({"n_sentences": 1, "first": -1}, "first=-1: needed at least 0"),
    ],
)
def test_refuses_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate_corpus(**arguments, seed=0)


def test_links_refuse_a_language_that_was_not_generated():
    corpus = generate_corpus(["en", "de"], n_sentences=2, seed=0)

    with pytest.raises(ValueError, match=r"\['fr'\]: expected some of \['en', 'de'\]"):
        corpus.links("en", "fr")
