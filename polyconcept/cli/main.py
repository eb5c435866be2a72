"""The command `polyconcept`."""

from __future__ import annotations

import typer

from polyconcept.cli import (
    adopt,
    check,
    crate,
    explain,
    export,
    init,
    open_results,
    plan,
    reproduce,
    run,
    verify,
)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    # What nobody has foreseen shows Python's own traceback, which a report of it needs.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="How far a multilingual language model shares its concepts between languages.",
)
app.command("init")(init.init)
app.command("check")(check.check)
app.command("plan")(plan.plan)
# What stands behind the study is Snakemake's, word by word.
app.command("run", context_settings={"allow_interspersed_args": False})(run.run)
app.command("explain")(explain.explain)
app.command("open")(open_results.open_results)
app.command("verify")(verify.verify)
app.command("adopt")(adopt.adopt)
app.command("reproduce")(reproduce.reproduce)
app.command("crate")(crate.crate)
app.command("export")(export.export)

if __name__ == "__main__":
    app(prog_name="polyconcept")
