"""Data sets and models of the hub. All are local rules: compute nodes often have no internet."""


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


rule fetch_hub_pair:
    # Sentences of one pair, in a corpus where each pair has its own.
    input:
        unpack(inputs_of("fetch_hub_pair")),
    output:
        source_text="<results>/corpora/{corpus}/{source}-{target}/{source}.txt",
        target_text="<results>/corpora/{corpus}/{source}-{target}/{target}.txt",
        about="<results>/corpora/{corpus}/{source}-{target}/source.json",
    log:
        "<logs>/fetch_hub_pair/{corpus}/{source}-{target}.log",
    wildcard_constraints:
        corpus=one_of(corpora_from("hub", pairwise=True)),
        source=r"[A-Za-z0-9_.]+",
        target=r"[A-Za-z0-9_.]+",
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_hub_pair"),
        code=code_of("fetch_hub_pair"),
    script:
        "../scripts/fetch_hub_pair.py"


rule fetch_hub_text:
    # One language of a corpus whose sentences are the same in all.
    input:
        unpack(inputs_of("fetch_hub_text")),
    output:
        text="<results>/corpora/{corpus}/{language}.txt",
        about="<results>/corpora/{corpus}/{language}.source.json",
    log:
        "<logs>/fetch_hub_text/{corpus}/{language}.log",
    wildcard_constraints:
        corpus=one_of(corpora_from("hub")),
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_hub_text"),
        code=code_of("fetch_hub_text"),
    script:
        "../scripts/fetch_hub_text.py"


rule fetch_hub_entities:
    input:
        unpack(inputs_of("fetch_hub_entities")),
    output:
        labelled="<results>/tasks/{data}/{language}.conll",
        about="<results>/tasks/{data}/{language}.source.json",
    log:
        "<logs>/fetch_hub_entities/{data}/{language}.log",
    wildcard_constraints:
        data=one_of(labels_from("hub", "entities")),
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_hub_entities"),
        code=code_of("fetch_hub_entities"),
    script:
        "../scripts/fetch_hub_entities.py"


rule fetch_hub_sentiment:
    input:
        unpack(inputs_of("fetch_hub_sentiment")),
    output:
        labelled="<results>/tasks/{data}/{language}.tsv",
        about="<results>/tasks/{data}/{language}.source.json",
    log:
        "<logs>/fetch_hub_sentiment/{data}/{language}.log",
    wildcard_constraints:
        data=one_of(labels_from("hub", "sentiment")),
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_hub_sentiment"),
        code=code_of("fetch_hub_sentiment"),
    script:
        "../scripts/fetch_hub_sentiment.py"


rule fetch_hub_model:
    input:
        unpack(inputs_of("fetch_hub_model")),
    output:
        model=directory("<results>/models/{model}/base"),
    log:
        "<logs>/fetch_hub_model/{model}.log",
    wildcard_constraints:
        model=one_of(models_from("hub")),
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_hub_model"),
        code=code_of("fetch_hub_model"),
    script:
        "../scripts/fetch_hub_model.py"
