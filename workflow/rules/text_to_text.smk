"""Encoder-decoder models: fine-tuned to write the answer, scored by what they write."""


rule finetune_translation:
    # All target languages in one model, told apart by the prompt.
    input:
        unpack(inputs_of("finetune_translation")),
    output:
        model=directory("<results>/models/{model}/{variant}"),
    log:
        "<logs>/finetune_translation/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(TWO_SIDED),
        variant=one_of(tasks_of("translation")),
    conda:
        "../../envs/environment.yaml"
    threads: finetuning_threads
    params:
        settings=settings_of("finetune_translation"),
        checkpoints=checkpoint_folder,  # as in models.smk
        code=code_of("finetune_translation"),
    script:
        "../scripts/finetune_translation.py"


rule score_translation:
    input:
        unpack(inputs_of("score_translation")),
    output:
        scores="<results>/scores/{model}/{variant}/task.parquet",
        translations="<results>/scores/{model}/{variant}/translations.json",
    log:
        "<logs>/score_translation/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(TWO_SIDED),
        variant=one_of(tasks_of("translation")),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_translation"),
        code=code_of("score_translation"),
    script:
        "../scripts/score_translation.py"


rule finetune_entities_text:
    input:
        unpack(inputs_of("finetune_entities_text")),
    output:
        model=directory("<results>/models/{model}/{variant}"),
    log:
        "<logs>/finetune_entities_text/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(TWO_SIDED),
        variant=one_of(tasks_of("entities")),
    conda:
        "../../envs/environment.yaml"
    threads: finetuning_threads
    params:
        settings=settings_of("finetune_entities_text"),
        checkpoints=checkpoint_folder,  # as in models.smk
        code=code_of("finetune_entities_text"),
    script:
        "../scripts/finetune_entities_text.py"


rule score_entities_text:
    input:
        unpack(inputs_of("score_entities_text")),
    output:
        scores="<results>/scores/{model}/{variant}/task.parquet",
    log:
        "<logs>/score_entities_text/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(TWO_SIDED),
        variant=one_of(tasks_of("entities")),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_entities_text"),
        code=code_of("score_entities_text"),
    script:
        "../scripts/score_entities_text.py"


rule finetune_sentiment_text:
    input:
        unpack(inputs_of("finetune_sentiment_text")),
    output:
        model=directory("<results>/models/{model}/{variant}"),
    log:
        "<logs>/finetune_sentiment_text/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(TWO_SIDED),
        variant=one_of(tasks_of("sentiment")),
    conda:
        "../../envs/environment.yaml"
    threads: finetuning_threads
    params:
        settings=settings_of("finetune_sentiment_text"),
        checkpoints=checkpoint_folder,  # as in models.smk
        code=code_of("finetune_sentiment_text"),
    script:
        "../scripts/finetune_sentiment_text.py"


rule score_sentiment_text:
    input:
        unpack(inputs_of("score_sentiment_text")),
    output:
        scores="<results>/scores/{model}/{variant}/task.parquet",
    log:
        "<logs>/score_sentiment_text/{model}/{variant}.log",
    wildcard_constraints:
        model=one_of(TWO_SIDED),
        variant=one_of(tasks_of("sentiment")),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_sentiment_text"),
        code=code_of("score_sentiment_text"),
    script:
        "../scripts/score_sentiment_text.py"
