"""Polyconcept: from parallel sentences to scores and figures. Start reading here."""

from snakemake.utils import min_version

min_version("9.19")


include: "workflow/rules/checks.smk"


# A study given with --configfile is complete: it replaces config.yaml, no key is mixed in.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/text.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/tasks.smk"
include: "workflow/rules/concepts.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/reader.smk"
include: "workflow/rules/cluster.smk"
include: "workflow/rules/start.smk"


localrules:
    all,


rule all:
    default_target: True
    input:
        final_files(STUDY),
        check_files(STUDY),
