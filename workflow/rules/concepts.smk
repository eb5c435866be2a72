"""Word vectors and their clusters."""


rule extract_vectors:
    # All languages of a run whose sentences are the same in all pairs: the model is loaded once,
    # and each sentence passes through it once, for all wanted layers.
    input:
        unpack(inputs_of("extract_vectors")),
    output:
        vectors=kept_or_not(
            expand(
                "<results>/vectors/{{model}}/{{variant}}/{{side}}/{language}.h5",
                language=STUDY.languages,
            )
        ),
    log:
        "<logs>/extract_vectors/{model}/{variant}/{side}.log",
    wildcard_constraints:
        side="encoder|decoder",
    priority: extraction_priority
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        vector_jobs=VECTOR_JOBS,
    params:
        settings=settings_of("extract_vectors"),
        code=code_of("extract_vectors"),
        behind=behind_of("extract_vectors"),
    script:
        "../scripts/extract_vectors.py"


use rule extract_vectors as extract_vectors__pair with:
    # A pair that has sentences of its own, or is read by a decoder that is told the other language's
    # sentence.
    input:
        unpack(inputs_of("extract_vectors__pair")),
    output:
        vectors=kept_or_not(
            expand(
                "<results>/vectors/{{model}}/{{variant}}/{{side}}/{{source}}-{{target}}/{language}.h5",
                language=[f"{{{place}}}" for place in STUDY.read_of_pair],
            )
        ),
    log:
        "<logs>/extract_vectors__pair/{model}/{variant}/{side}/{source}-{target}.log",
    params:
        settings=settings_of("extract_vectors__pair"),
        code=code_of("extract_vectors__pair"),
        behind=behind_of("extract_vectors__pair"),


rule cluster_words:
    # All layers, seeds, metrics and definitions of one run and pair; and the simple rivals, which
    # need no clusters but read the same vectors.
    input:
        unpack(inputs_of("cluster_words")),
    output:
        concepts="<results>/concepts/{model}/{variant}/{side}/{pair}.h5",
        similarity="<results>/concepts/{model}/{variant}/{side}/{pair}.similarity.parquet",
    log:
        "<logs>/cluster_words/{model}/{variant}/{side}/{pair}.log",
    priority: READ_FIRST
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        vector_jobs=VECTOR_JOBS,
    params:
        settings=settings_of("cluster_words"),
        kinds=kinds_of("cluster_words"),
        code=code_of("cluster_words"),
        behind=behind_of("cluster_words"),
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
    # The longest of those that read vectors: it must not be left alone at the end.
    priority: READ_FIRST + 1
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        vector_jobs=VECTOR_JOBS,
    params:
        settings=settings_of("cluster_controls"),
        kinds=kinds_of("cluster_controls"),
        code=code_of("cluster_controls"),
        behind=behind_of("cluster_controls"),
    script:
        "../scripts/cluster_controls.py"
