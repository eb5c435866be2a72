"""The simple rivals of CALIGN and COLAP: no clusters, only vectors."""


rule score_similarity:
    input:
        unpack(inputs_of("score_similarity")),
    output:
        scores="<results>/scores/{model}/{variant}/{side}/{pair}.similarity.parquet",
    log:
        "<logs>/score_similarity/{model}/{variant}/{side}/{pair}.log",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("score_similarity"),
        code=code_of("score_similarity"),
    script:
        "../scripts/score_similarity.py"
