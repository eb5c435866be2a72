"""What a reader sees: claims, figures with examples of concepts, report, explorer."""

from polyconcept.figures.captions import caption
from polyconcept.study.jobs.figures import FIGURES, figure_names

# For Snakemake's report, which sees nothing else of ours: as params, another wording would draw the
# figures again.
config = {
    **config,
    "captions": {
        name: caption(FIGURES[name].module, FIGURES[name].captioned(STUDY)).text
        for name in figure_names(STUDY)
    },
}


rule state_claims:
    # Whether the paper's claims hold.
    input:
        unpack(inputs_of("state_claims")),
    output:
        json="<results>/claims.json",
        page=report(
            "<results>/claims.html",
            caption="../report/claims.rst",
            category="Claims",
        ),
    log:
        "<logs>/state_claims.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("state_claims"),
        code=code_of("state_claims"),
        behind=behind_of("state_claims"),
    script:
        "../scripts/state_claims.py"


rule find_examples:
    # The best concepts of the run and layer that the study names, by both metrics.
    input:
        unpack(inputs_of("find_examples")),
    output:
        examples="<results>/examples/{pair}.json",
    log:
        "<logs>/find_examples/{pair}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("find_examples"),
        code=code_of("find_examples"),
        behind=behind_of("find_examples"),
    script:
        "../scripts/find_examples.py"


rule plot_figure:
    # Any figure: the register says which module draws it, and from what.
    input:
        unpack(inputs_of("plot_figure")),
    output:
        pdf="<results>/figures/{figure}.pdf",
        svg="<results>/figures/{figure}.svg",
        png=report(
            "<results>/figures/{figure}.png",
            caption="../report/figure.rst",
            category=lambda wildcards: FIGURES[wildcards.figure].category,
            labels=lambda wildcards: FIGURES[wildcards.figure].labels,
        ),
    log:
        "<logs>/plot_figure/{figure}.log",
    wildcard_constraints:
        figure=one_of(figure_names(STUDY)),
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_figure"),
        kinds=kinds_of("plot_figure"),
        code=code_of("plot_figure"),
        behind=behind_of("plot_figure"),
    script:
        "../scripts/plot_figure.py"


rule build_report:
    # The page to open first.
    input:
        unpack(inputs_of("build_report")),
    output:
        page="<results>/index.html",
    log:
        "<logs>/build_report.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("build_report"),
        code=code_of("build_report"),
        behind=behind_of("build_report"),
    script:
        "../scripts/build_report.py"


rule explore_pair:
    # The explorer's data of a pair.
    input:
        unpack(inputs_of("explore_pair")),
    output:
        data=directory("<results>/explorer/data/{pair}"),
    log:
        "<logs>/explore_pair/{pair}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("explore_pair"),
        code=code_of("explore_pair"),
        behind=behind_of("explore_pair"),
    script:
        "../scripts/explore_pair.py"


rule build_explorer:
    # The page over the data of all pairs.
    input:
        unpack(inputs_of("build_explorer")),
    output:
        page="<results>/explorer/index.html",
        code="<results>/explorer/explorer.js",
        style="<results>/explorer/explorer.css",
        overview="<results>/explorer/data/overview.js",
    log:
        "<logs>/build_explorer.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("build_explorer"),
        code=code_of("build_explorer"),
        behind=behind_of("build_explorer"),
    script:
        "../scripts/build_explorer.py"
