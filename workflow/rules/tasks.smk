"""Labelled sentences that models are fine-tuned and scored on."""


rule check_task:
    # All data of a task have been fetched and checked: known before anything is trained.
    input:
        unpack(inputs_of("check_task")),
    output:
        checked="<results>/tasks/{task}/checked.json",
    log:
        "<logs>/check_task/{task}.log",
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("check_task"),
        code=code_of("check_task"),
    script:
        "../scripts/check_task.py"


rule fetch_entities:
    # The user's own named entities, checked.
    input:
        unpack(inputs_of("fetch_entities")),
    output:
        labelled="<results>/tasks/{data}/{language}.conll",
    log:
        "<logs>/fetch_entities/{data}/{language}.log",
    wildcard_constraints:
        data=one_of(labels_from("files", "entities")),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_entities"),
        content=content_of("fetch_entities"),
        code=code_of("fetch_entities"),
    script:
        "../scripts/fetch_entities.py"


rule generate_entities:
    # Named entities of the built-in text.
    output:
        labelled="<results>/tasks/{data}/{language}.conll",
    log:
        "<logs>/generate_entities/{data}/{language}.log",
    wildcard_constraints:
        data=one_of(labels_from("builtin", "entities")),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("generate_entities"),
        code=code_of("generate_entities"),
    script:
        "../scripts/generate_entities.py"


rule fetch_sentiment:
    # The user's own sentiment labels, checked.
    input:
        unpack(inputs_of("fetch_sentiment")),
    output:
        labelled="<results>/tasks/{data}/{language}.tsv",
    log:
        "<logs>/fetch_sentiment/{data}/{language}.log",
    wildcard_constraints:
        data=one_of(labels_from("files", "sentiment")),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_sentiment"),
        content=content_of("fetch_sentiment"),
        code=code_of("fetch_sentiment"),
    script:
        "../scripts/fetch_sentiment.py"


rule generate_sentiment:
    # Sentiment labels of the built-in text.
    output:
        labelled="<results>/tasks/{data}/{language}.tsv",
    log:
        "<logs>/generate_sentiment/{data}/{language}.log",
    wildcard_constraints:
        data=one_of(labels_from("builtin", "sentiment")),
    priority: 10
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("generate_sentiment"),
        code=code_of("generate_sentiment"),
    script:
        "../scripts/generate_sentiment.py"
