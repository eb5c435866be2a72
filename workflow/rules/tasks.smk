"""Labelled sentences that models are fine-tuned and scored on."""


rule fetch_entities:
    # The user's own named entities, checked.
    input:
        labelled=source_labels,
    output:
        labelled="<results>/tasks/{task}/{split}/{language}.conll",
    log:
        "<logs>/fetch_entities/{task}/{split}/{language}.log",
    wildcard_constraints:
        task=one_of(set(ENTITIES) & set(FILE_TASKS)),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=label_settings,
        content=hash_of_labels,
        code=code_of("fetch_entities"),
    script:
        "../scripts/fetch_entities.py"


rule generate_entities:
    # Named entities of the built-in text.
    output:
        labelled="<results>/tasks/{task}/{split}/{language}.conll",
    log:
        "<logs>/generate_entities/{task}/{split}/{language}.log",
    wildcard_constraints:
        task=one_of(set(ENTITIES) & set(BUILTIN_TASKS)),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=builtin_labels_of,
        lexicon=hash_of_lexicon(),
        code=code_of("generate_entities"),
    script:
        "../scripts/generate_entities.py"


rule fetch_sentiment:
    # The user's own sentiment labels, checked.
    input:
        labelled=source_labels,
    output:
        labelled="<results>/tasks/{task}/{split}/{language}.tsv",
    log:
        "<logs>/fetch_sentiment/{task}/{split}/{language}.log",
    wildcard_constraints:
        task=one_of(set(SENTIMENT) & set(FILE_TASKS)),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=label_settings,
        content=hash_of_labels,
        code=code_of("fetch_sentiment"),
    script:
        "../scripts/fetch_sentiment.py"


rule generate_sentiment:
    # Sentiment labels of the built-in text.
    output:
        labelled="<results>/tasks/{task}/{split}/{language}.tsv",
    log:
        "<logs>/generate_sentiment/{task}/{split}/{language}.log",
    wildcard_constraints:
        task=one_of(set(SENTIMENT) & set(BUILTIN_TASKS)),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=builtin_labels_of,
        lexicon=hash_of_lexicon(),
        code=code_of("generate_sentiment"),
    script:
        "../scripts/generate_sentiment.py"
