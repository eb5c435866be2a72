"""Scores of each run and pair, and the one score table."""


rule score_concepts:
    # CALIGN and COLAP. No vectors are read: other thresholds need none.
    input:
        unpack(inputs_of("score_concepts")),
    output:
        calign="<results>/scores/{model}/{variant}/{side}/{pair}.calign.parquet",
        calign_resamples="<results>/scores/{model}/{variant}/{side}/{pair}.calign_resamples.parquet",
        alignments="<results>/scores/{model}/{variant}/{side}/{pair}.calign_concepts.parquet",
        colap="<results>/scores/{model}/{variant}/{side}/{pair}.colap.parquet",
        colap_resamples="<results>/scores/{model}/{variant}/{side}/{pair}.colap_resamples.parquet",
        overlaps="<results>/scores/{model}/{variant}/{side}/{pair}.colap_concepts.parquet",
    log:
        "<logs>/score_concepts/{model}/{variant}/{side}/{pair}.log",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_concepts"),
        code=code_of("score_concepts"),
        behind=behind_of("score_concepts"),
    script:
        "../scripts/score_concepts.py"


rule mix_languages:
    # How all languages mix in common clusters, where there are more than two.
    input:
        unpack(inputs_of("mix_languages")),
    output:
        scores="<results>/scores/{model}/{variant}/{side}/languages.parquet",
    log:
        "<logs>/mix_languages/{model}/{variant}/{side}.log",
    wildcard_constraints:
        model=one_of(STUDY.mixed),
        side="encoder|decoder",
    priority: READ_FIRST
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        vector_jobs=VECTOR_JOBS,
    params:
        settings=settings_of("mix_languages"),
        kinds=kinds_of("mix_languages"),
        code=code_of("mix_languages"),
        behind=behind_of("mix_languages"),
    script:
        "../scripts/mix_languages.py"


rule merge_scores:
    # Also fine-tuned minus base, on the same samples of sentences.
    input:
        unpack(inputs_of("merge_scores")),
    output:
        parquet="<results>/scores.parquet",
        csv="<results>/scores.csv",
        changes="<results>/scores/changes.parquet",
    log:
        "<logs>/merge_scores.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("merge_scores"),
        code=code_of("merge_scores"),
        behind=behind_of("merge_scores"),
    script:
        "../scripts/merge_scores.py"
