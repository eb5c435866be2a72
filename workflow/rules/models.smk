"""Base models."""


rule fetch_model:
    # A model from a folder or the hub, checked and copied: a study keeps what it measured.
    input:
        unpack(inputs_of("fetch_model")),
    output:
        model=directory("<results>/models/{model}/base"),
    log:
        "<logs>/fetch_model/{model}.log",
    wildcard_constraints:
        model=one_of(set(STUDY.models) - set(models_from("pretrain"))),
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_model"),
        content=content_of("fetch_model"),
        kinds=kinds_of("fetch_model"),
        code=code_of("fetch_model"),
        behind=behind_of("fetch_model"),
    script:
        "../scripts/fetch_model.py"


rule pretrain:
    input:
        unpack(inputs_of("pretrain")),
    output:
        model=directory("<results>/models/{model}/base"),
    log:
        "<logs>/pretrain/{model}.log",
    wildcard_constraints:
        model=one_of(models_from("pretrain")),
    conda:
        "../../envs/environment.yaml"
    threads: pretraining_threads
    params:
        settings=settings_of("pretrain"),
        code=code_of("pretrain"),
        behind=behind_of("pretrain"),
    script:
        "../scripts/pretrain.py"


rule check_model:
    # It has what the study wants of it: said early, though no job waits for it, so that another
    # layer does not fine-tune again. It is loaded for that, which a cluster's login node may not
    # have the memory for.
    input:
        unpack(inputs_of("check_model")),
    output:
        checked="<results>/models/{model}/checked.json",
    log:
        "<logs>/check_model/{model}.log",
    priority: 20
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("check_model"),
        code=code_of("check_model"),
        behind=behind_of("check_model"),
    script:
        "../scripts/check_model.py"
