"""Whether the paper's claims hold, from the score table."""


rule state_claims:
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
    script:
        "../scripts/state_claims.py"
