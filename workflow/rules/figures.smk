"""Figures; all but the examples read just the score table."""


rule plot_by_layer:
    input:
        unpack(inputs_of("plot_by_layer")),
    output:
        pdf="<results>/figures/{metric}.pdf",
        png=report(
            "<results>/figures/{metric}.png",
            caption="../report/by_layer.rst",
            category="Alignment by layer",
            labels={"metric": "{metric}", "shows": "score"},
        ),
    log:
        "<logs>/plot_by_layer/{metric}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_by_layer"),
        code=code_of("plot_by_layer"),
    script:
        "../scripts/plot_by_layer.py"


rule plot_change:
    input:
        unpack(inputs_of("plot_change")),
    output:
        pdf="<results>/figures/{metric}_change.pdf",
        png=report(
            "<results>/figures/{metric}_change.png",
            caption="../report/change.rst",
            category="Alignment by layer",
            labels={"metric": "{metric}", "shows": "change by fine-tuning"},
        ),
    log:
        "<logs>/plot_change/{metric}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_change"),
        code=code_of("plot_change"),
    script:
        "../scripts/plot_change.py"


rule plot_curves:
    input:
        unpack(inputs_of("plot_curves")),
    output:
        pdf="<results>/figures/{metric}_curves.pdf",
        png=report(
            "<results>/figures/{metric}_curves.png",
            caption="../report/curves.rst",
            category="Controls",
            labels={"metric": "{metric}", "shows": "score at every threshold"},
        ),
    log:
        "<logs>/plot_curves/{metric}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_curves"),
        code=code_of("plot_curves"),
    script:
        "../scripts/plot_curves.py"


rule plot_controls:
    input:
        unpack(inputs_of("plot_controls")),
    output:
        pdf="<results>/figures/{metric}_controls.pdf",
        png=report(
            "<results>/figures/{metric}_controls.png",
            caption="../report/controls.rst",
            category="Controls",
            labels={"metric": "{metric}", "shows": "controls"},
        ),
    log:
        "<logs>/plot_controls/{metric}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_controls"),
        code=code_of("plot_controls"),
    script:
        "../scripts/plot_controls.py"


rule plot_rivals:
    input:
        unpack(inputs_of("plot_rivals")),
    output:
        pdf="<results>/figures/rivals.pdf",
        png=report(
            "<results>/figures/rivals.png",
            caption="../report/rivals.rst",
            category="Controls",
            labels={"metric": "both", "shows": "simpler measures"},
        ),
    log:
        "<logs>/plot_rivals.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_rivals"),
        code=code_of("plot_rivals"),
    script:
        "../scripts/plot_rivals.py"


rule plot_tasks:
    input:
        unpack(inputs_of("plot_tasks")),
    output:
        pdf="<results>/figures/tasks.pdf",
        png=report(
            "<results>/figures/tasks.png",
            caption="../report/tasks.rst",
            category="Tasks",
        ),
    log:
        "<logs>/plot_tasks.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_tasks"),
        code=code_of("plot_tasks"),
    script:
        "../scripts/plot_tasks.py"


rule find_examples:
    # The best-aligned concepts of the run and layer that the study names.
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
    script:
        "../scripts/find_examples.py"


rule plot_examples:
    input:
        unpack(inputs_of("plot_examples")),
    output:
        pdf="<results>/figures/examples.pdf",
        png=report(
            "<results>/figures/examples.png",
            caption="../report/examples.rst",
            category="Examples",
        ),
    log:
        "<logs>/plot_examples.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        settings=settings_of("plot_examples"),
        code=code_of("plot_examples"),
    script:
        "../scripts/plot_examples.py"
