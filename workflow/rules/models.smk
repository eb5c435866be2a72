"""Base models, fine-tuning, task scores."""


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
    script:
        "../scripts/pretrain.py"


rule randomise_model:
    # A control: the same architecture and tokenizer with weights that have learnt nothing.
    input:
        unpack(inputs_of("randomise_model")),
    output:
        model=directory("<results>/models/{model}/random"),
    log:
        "<logs>/randomise_model/{model}.log",
    wildcard_constraints:
        model=one_of(STUDY.controlled),
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("randomise_model"),
        code=code_of("randomise_model"),
    script:
        "../scripts/randomise_model.py"


rule check_model:
    # It has the sides and layers that the study wants: known before anything is trained.
    input:
        unpack(inputs_of("check_model")),
    output:
        checked="<results>/models/{model}/checked.json",
    log:
        "<logs>/check_model/{model}.log",
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("check_model"),
        code=code_of("check_model"),
    script:
        "../scripts/check_model.py"


rule finetune_entities:
    input:
        unpack(inputs_of("finetune_entities")),
    output:
        model=directory("<results>/models/{model}/{variant}"),
    log:
        "<logs>/finetune_entities/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(models_of("encoder")),
        variant=one_of(tasks_of("entities")),
    conda:
        "../../envs/environment.yaml"
    threads: finetuning_threads
    params:
        settings=settings_of("finetune_entities"),
        # No declared output: Snakemake deletes those before a rerun, and a preempted job goes on
        # from here.
        checkpoints=checkpoint_folder,
        code=code_of("finetune_entities"),
    script:
        "../scripts/finetune_entities.py"


rule score_entities:
    input:
        unpack(inputs_of("score_entities")),
    output:
        scores="<results>/scores/{model}/{variant}/task.parquet",
    log:
        "<logs>/score_entities/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(models_of("encoder")),
        variant=one_of(tasks_of("entities")),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_entities"),
        code=code_of("score_entities"),
    script:
        "../scripts/score_entities.py"


rule finetune_sentiment:
    input:
        unpack(inputs_of("finetune_sentiment")),
    output:
        model=directory("<results>/models/{model}/{variant}"),
    log:
        "<logs>/finetune_sentiment/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(models_of("encoder")),
        variant=one_of(tasks_of("sentiment")),
    conda:
        "../../envs/environment.yaml"
    threads: finetuning_threads
    params:
        settings=settings_of("finetune_sentiment"),
        # No declared output: Snakemake deletes those before a rerun, and a preempted job goes on
        # from here.
        checkpoints=checkpoint_folder,
        code=code_of("finetune_sentiment"),
    script:
        "../scripts/finetune_sentiment.py"


rule score_sentiment:
    input:
        unpack(inputs_of("score_sentiment")),
    output:
        scores="<results>/scores/{model}/{variant}/task.parquet",
    log:
        "<logs>/score_sentiment/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(models_of("encoder")),
        variant=one_of(tasks_of("sentiment")),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_sentiment"),
        code=code_of("score_sentiment"),
    script:
        "../scripts/score_sentiment.py"
