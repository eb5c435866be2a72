"""Parallel sentences, word links, dictionaries, word tables."""


rule pin_repository:
    # Which commit a study uses, once and for all: no code hash, so that nothing but a change of the
    # configuration, or the user's `--forcerun pin_repository`, asks the hub again.
    output:
        source="<results>/hub/{pin}/source.json",
    log:
        "<logs>/pin_repository/{pin}.log",
    wildcard_constraints:
        pin=one_of(PINS),
    priority: 20
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("pin_repository"),
    script:
        "../scripts/pin_repository.py"


rule fetch_text:
    # Text of one language from the user's files, the built-in grammar or the hub, checked: a cheap
    # job that goes before the expensive ones.
    input:
        unpack(inputs_of("fetch_text")),
    output:
        text="<results>/corpora/{corpus}/{own_folder}{language}.txt",
        source="<results>/corpora/{corpus}/{own_folder}{language}.source.json",
    log:
        "<logs>/fetch_text/{corpus}/{own_folder}{language}.log",
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_text"),
        content=content_of("fetch_text"),
        kinds=kinds_of("fetch_text"),
        code=code_of("fetch_text"),
        behind=behind_of("fetch_text"),
    script:
        "../scripts/fetch_text.py"


rule align_words:
    input:
        unpack(inputs_of("align_words")),
    output:
        links="<results>/dictionaries/{pair}/links.txt",
        forward="<results>/dictionaries/{pair}/forward.tsv",
        backward="<results>/dictionaries/{pair}/backward.tsv",
        coverage="<results>/dictionaries/{pair}/coverage.tsv",
    log:
        "<logs>/align_words/{pair}.log",
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("align_words"),
        code=code_of("align_words"),
        behind=behind_of("align_words"),
    script:
        "../scripts/align_words.py"


rule align_held_out:
    # A job of its own: what controls want is no reason to cluster everything again.
    input:
        unpack(inputs_of("align_held_out")),
    output:
        forward="<results>/dictionaries/{pair}/held_out/forward.tsv",
        backward="<results>/dictionaries/{pair}/held_out/backward.tsv",
        parts="<results>/dictionaries/{pair}/held_out/parts.txt",
    log:
        "<logs>/align_held_out/{pair}.log",
    priority: READ_FIRST
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("align_held_out"),
        code=code_of("align_held_out"),
        behind=behind_of("align_held_out"),
    script:
        "../scripts/align_held_out.py"


rule split_words:
    # The word table of a language: every word that one of its pairs needs.
    input:
        unpack(inputs_of("split_words")),
    output:
        words=f"<results>/words/{STUDY.corpus}/{{own_folder}}{{language}}.parquet",
    log:
        f"<logs>/split_words/{STUDY.corpus}/{{own_folder}}{{language}}.log",
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("split_words"),
        code=code_of("split_words"),
        behind=behind_of("split_words"),
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
        behind=behind_of("select_words"),
    script:
        "../scripts/select_words.py"
