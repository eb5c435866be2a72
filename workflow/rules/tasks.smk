"""Labelled sentences, fine-tuning on them, task scores."""


rule fetch_labels:
    # Labelled sentences of one language and split, from files, the built-in text or the hub.
    input:
        unpack(inputs_of("fetch_labels")),
    output:
        labelled="<results>/tasks/{data}/{language}.{suffix}",
        source="<results>/tasks/{data}/{language}.{suffix}.source.json",
    log:
        "<logs>/fetch_labels/{data}/{language}.{suffix}.log",
    wildcard_constraints:
        suffix=one_of(kind.suffix for kind in TASK_KINDS.values() if kind.suffix),
    priority: 10
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("fetch_labels"),
        content=content_of("fetch_labels"),
        kinds=kinds_of("fetch_labels"),
        code=code_of("fetch_labels"),
        behind=behind_of("fetch_labels"),
    script:
        "../scripts/fetch_labels.py"


rule finetune:
    # A classifier; or an encoder-decoder model, which writes its answer.
    input:
        unpack(inputs_of("finetune")),
    output:
        model=directory("<results>/models/{model}/{variant}"),
    log:
        "<logs>/finetune/{model}/{variant}.log",
    wildcard_constraints:
        variant=one_of(STUDY.tasks),
    # The longest way to the scores begins here.
    priority: 5
    conda:
        "../../envs/environment.yaml"
    threads: finetuning_threads
    params:
        settings=settings_of("finetune"),
        # No declared output: Snakemake deletes those before a rerun, and a preempted job goes on
        # from here.
        checkpoints=checkpoint_folder,
        kinds=kinds_of("finetune"),
        code=code_of("finetune"),
        behind=behind_of("finetune"),
    script:
        "../scripts/finetune.py"


rule score_task:
    input:
        unpack(inputs_of("score_task")),
    output:
        scores="<results>/scores/{model}/{variant}/task.parquet",
        translations="<results>/scores/{model}/{variant}/translations.json",
    log:
        "<logs>/score_task/{model}/{variant}.log",
    wildcard_constraints:
        variant=one_of(STUDY.tasks),
    # Takes long, and must not be left alone at the end.
    priority: 5
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_task"),
        kinds=kinds_of("score_task"),
        code=code_of("score_task"),
        behind=behind_of("score_task"),
    script:
        "../scripts/score_task.py"
