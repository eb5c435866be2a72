"""CALIGN and COLAP of each run and pair, and the one score table."""


rule score_calign:
    input:
        unpack(inputs_of("score_calign")),
    output:
        scores="<results>/scores/{model}/{variant}/{side}/{pair}.calign.parquet",
        resamples="<results>/scores/{model}/{variant}/{side}/{pair}.calign_resamples.parquet",
        concepts="<results>/scores/{model}/{variant}/{side}/{pair}.calign_concepts.parquet",
    log:
        "<logs>/score_calign/{model}/{variant}/{side}/{pair}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("score_calign"),
        code=code_of("score_calign"),
    script:
        "../scripts/score_calign.py"


rule score_colap:
    input:
        unpack(inputs_of("score_colap")),
    output:
        scores="<results>/scores/{model}/{variant}/{side}/{pair}.colap.parquet",
        resamples="<results>/scores/{model}/{variant}/{side}/{pair}.colap_resamples.parquet",
        concepts="<results>/scores/{model}/{variant}/{side}/{pair}.colap_concepts.parquet",
    log:
        "<logs>/score_colap/{model}/{variant}/{side}/{pair}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("score_colap"),
        code=code_of("score_colap"),
    script:
        "../scripts/score_colap.py"


rule compare_variants:
    # Fine-tuned minus base, on the same samples of sentences.
    input:
        unpack(inputs_of("compare_variants")),
    output:
        scores="<results>/scores/changes.parquet",
    log:
        "<logs>/compare_variants.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("compare_variants"),
        code=code_of("compare_variants"),
    script:
        "../scripts/compare_variants.py"


rule merge_scores:
    input:
        unpack(inputs_of("merge_scores")),
    output:
        parquet="<results>/scores.parquet",
        csv="<results>/scores.csv",
    log:
        "<logs>/merge_scores.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("merge_scores"),
        code=code_of("merge_scores"),
    script:
        "../scripts/merge_scores.py"
