"""Word vectors and their clusters."""


rule extract_vectors:
    # All wanted layers of one run and language in one pass.
    input:
        unpack(inputs_of("extract_vectors")),
    output:
        vectors="<results>/vectors/{model}/{variant}/{side}/{part}{language}.h5",
    log:
        "<logs>/extract_vectors/{model}/{variant}/{side}/{part}{language}.log",
    wildcard_constraints:
        side="encoder|decoder",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("extract_vectors"),
        code=code_of("extract_vectors"),
    script:
        "../scripts/extract_vectors.py"


rule cluster_words:
    # All layers, seeds, metrics and definitions of one run and pair.
    input:
        unpack(inputs_of("cluster_words")),
    output:
        concepts="<results>/concepts/{model}/{variant}/{side}/{pair}.h5",
    log:
        "<logs>/cluster_words/{model}/{variant}/{side}/{pair}.log",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("cluster_words"),
        code=code_of("cluster_words"),
    script:
        "../scripts/cluster_words.py"


rule cluster_controls:
    # The same words with changed vectors, and in other numbers of clusters.
    input:
        unpack(inputs_of("cluster_controls")),
    output:
        concepts="<results>/concepts/{model}/{variant}/{side}/{pair}.controls.h5",
    log:
        "<logs>/cluster_controls/{model}/{variant}/{side}/{pair}.log",
    wildcard_constraints:
        model=one_of(STUDY.controlled),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        settings=settings_of("cluster_controls"),
        code=code_of("cluster_controls"),
    script:
        "../scripts/cluster_controls.py"
