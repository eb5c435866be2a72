"""How all languages of a study mix in common clusters, where there are more than two."""


rule mix_languages:
    input:
        unpack(inputs_of("mix_languages")),
    output:
        scores="<results>/scores/{model}/{variant}/{side}/languages.parquet",
    log:
        "<logs>/mix_languages/{model}/{variant}/{side}.log",
    wildcard_constraints:
        model=one_of(STUDY.mixed),
        side="encoder|decoder",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("mix_languages"),
        code=code_of("mix_languages"),
    script:
        "../scripts/mix_languages.py"
