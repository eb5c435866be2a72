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
    script:
        "../scripts/fetch_labels.py"
