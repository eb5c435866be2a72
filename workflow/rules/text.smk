"""Parallel sentences, word links, dictionaries, word tables."""


rule fetch_corpus:
    # The user's own text, checked; a cheap job that goes before the expensive ones.
    input:
        unpack(inputs_of("fetch_corpus")),
    output:
        text="<results>/corpora/{corpus}/{part}{language}.txt",
        source="<results>/corpora/{corpus}/{part}{language}.source.json",
    log:
        "<logs>/fetch_corpus/{corpus}/{part}{language}.log",
    wildcard_constraints:
        corpus=one_of(
            corpora_from("directory") + corpora_from("directory", pairwise=True)
        ),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_corpus"),
        content=content_of("fetch_corpus"),
        code=code_of("fetch_corpus"),
    script:
        "../scripts/fetch_corpus.py"


rule generate_corpus:
    # The built-in text.
    output:
        text="<results>/corpora/{corpus}/{language}.txt",
        source="<results>/corpora/{corpus}/{language}.source.json",
    log:
        "<logs>/generate_corpus/{corpus}/{language}.log",
    wildcard_constraints:
        corpus=one_of(corpora_from("builtin")),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("generate_corpus"),
        code=code_of("generate_corpus"),
    script:
        "../scripts/generate_corpus.py"


rule align_words:
    input:
        unpack(inputs_of("align_words")),
    output:
        links="<results>/dictionaries/{pair}/links.txt",
        forward="<results>/dictionaries/{pair}/forward.tsv",
        backward="<results>/dictionaries/{pair}/backward.tsv",
    log:
        "<logs>/align_words/{pair}.log",
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("align_words"),
        code=code_of("align_words"),
    script:
        "../scripts/align_words.py"


rule split_words:
    # The word table of a language: every word that one of its pairs needs.
    input:
        unpack(inputs_of("split_words")),
    output:
        words=f"<results>/words/{STUDY.corpus}/{{part}}{{language}}.parquet",
    log:
        f"<logs>/split_words/{STUDY.corpus}/{{part}}{{language}}.log",
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("split_words"),
        code=code_of("split_words"),
    script:
        "../scripts/split_words.py"


rule select_words:
    # Which rows of two word tables each metric clusters.
    input:
        unpack(inputs_of("select_words")),
    output:
        selections="<results>/selections/{pair}.parquet",
    log:
        "<logs>/select_words/{pair}.log",
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("select_words"),
        code=code_of("select_words"),
    script:
        "../scripts/select_words.py"
