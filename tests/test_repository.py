"""The parts of the repository that must agree with each other."""

import ast
import dataclasses
import re
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from polyconcept.figures.examples import draw
from polyconcept.records.scores import Score
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.models import MixtureRecipe, TokenizerRecipe, TrainingRecipe
from polyconcept.study.parse import parse_study
from polyconcept.study.schema import Examples, Study
from polyconcept.study.tasks import FinetuningSettings
from polyconcept.tasks.batches import Mixture
from polyconcept.tasks.pretrain import PretrainOptions
from polyconcept.tasks.tokenizers import train_tokenizer
from polyconcept.tasks.trainer import FinetuneOptions

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
MODULES = sorted((ROOT / "polyconcept").rglob("*.py"))


def type_checking(text):
    """Line of the `if TYPE_CHECKING` that tells editors what `snakemake` is."""
    return text.splitlines().index("if TYPE_CHECKING:") + 1


def lock(name="requirements.lock"):
    lines = (ROOT / "envs" / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_conda_environment_has_the_versions_of_the_lock():
    environment = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())
    pip = next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))

    assert pip == lock()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_are_made_of_exact_versions(name):
    assert all("==" in line for line in lock(name))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_short_and_hold_no_logic(script):
    text = script.read_text()
    nodes = list(ast.walk(ast.parse(text)))

    assert len(text.splitlines()) <= 40
    assert not [
        n for n in nodes if isinstance(n, ast.FunctionDef | ast.For | ast.While | ast.Lambda)
    ]


def test_every_rule_has_a_script_of_its_name_and_no_script_is_left_over():
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    named = re.findall(r"^rule (\w+):", rules, re.MULTILINE)
    # Of another's files: it has the other's script.
    variants = re.findall(r"^use rule (\w+) as (\w+) with:", rules, re.MULTILINE)
    assert [name.partition("__")[0] for _, name in variants] == [rule for rule, _ in variants]
    assert {*named, *(name for _, name in variants)} == set(JOBS)

    assert sorted(named) == [script.stem for script in SCRIPTS]
    assert sorted(re.findall(r'"\.\./scripts/(\w+)\.py"', rules)) == sorted(named)
    # A pin is kept until the user says otherwise, whatever happens to the code.
    coded = sorted(set(JOBS) - {"pin_repository"})
    assert sorted(re.findall(r'code_of\("(\w+)"\)', rules)) == coded


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small_and_safe(module):
    text = module.read_text()
    forbidden = ("import pickle", "torch.load(", "trust_remote_code=True", "allow_pickle=True")

    # A hint: an idea is not split for its sake.
    assert len(text.splitlines()) <= 350
    assert [word for word in forbidden if word in text] == []


@pytest.mark.parametrize("file", MODULES + SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_plain_statements(file):
    """A fingerprint of code sees nothing else."""
    dynamic = {"importlib", "runpy", "pkgutil", "imp", "zipimport"}
    if file.relative_to(ROOT) == Path("polyconcept/machine/kinds.py"):
        return  # what is loaded there is named in a job's params, and counts as its code
    if file.relative_to(ROOT) == Path("polyconcept/cli/rerun_job.py"):
        return  # it runs the script of a record; no job imports it
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            assert node.level == 0, f"{file}, line {node.lineno}: a relative import"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names = {node.func.id} & {"__import__", "exec", "eval", "compile"}
            assert not names, f"{file}, line {node.lineno}: {names}"
            continue
        else:
            continue
        names -= {"importlib.metadata", "importlib.resources"}  # versions, and data of ours
        found = {name.split(".")[0] for name in names} & dynamic
        assert not found, f"{file}, line {node.lineno}: {found}"


def settings_in(annotation):
    """Settings classes inside an annotation such as `Mapping[Name, Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from settings_in(argument)


def fields_of(model):
    """Names of a settings class's keys and of those inside them."""
    for name, field in model.model_fields.items():
        yield name
        for nested in settings_in(field.annotation):
            yield from fields_of(nested)


def test_every_setting_is_explained():
    explained = (ROOT / "config.yaml").read_text() + (ROOT / "studies/local.yaml").read_text()
    missing = [
        name for name in dict.fromkeys(fields_of(Study)) if not re.search(rf"\b{name}\b", explained)
    ]

    assert missing == []


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        (FinetuningSettings, FinetuneOptions),
        (TrainingRecipe, PretrainOptions),
        (MixtureRecipe, Mixture),
    ],
)
def test_settings_and_library_agree_on_defaults(settings, options):
    library = {
        field.name: field.default
        for field in dataclasses.fields(options)
        if field.default is not dataclasses.MISSING
    }
    configured = {name: field.default for name, field in settings.model_fields.items()}
    shared = library.keys() & configured.keys()

    assert len(shared) >= 3
    assert {name: configured[name] for name in shared} == {name: library[name] for name in shared}


# Where functions take a setting under the study's own name.
OF_FUNCTIONS = {
    **dict.fromkeys(("cap", "max_sentence_words"), Study.model_fields["words"]),
    **dict.fromkeys(("pooling", "reading", "token_budget"), Study.model_fields["extraction"]),
    **dict.fromkeys(
        ("n_restarts", "engine", "max_iterations", "tolerance"), Study.model_fields["clustering"]
    ),
    **dict.fromkeys(("definition", "over"), Study.model_fields["figures"]),
}


def defaults_in(module):
    """Names of parameters of a module's functions, with the defaults that are plain values."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef):
            plain = [*node.args.posonlyargs, *node.args.args]
            last = plain[len(plain) - len(node.args.defaults) :]
            pairs = [*zip(last, node.args.defaults, strict=True)]
            pairs += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            for argument, default in pairs:
                if isinstance(default, ast.Constant) and default.value is not None:
                    yield argument.arg, default.value


def test_functions_and_study_agree_on_defaults():
    found = [(module, *pair) for module in MODULES for pair in defaults_in(module)]
    shared = [(module, name, value) for module, name, value in found if name in OF_FUNCTIONS]

    assert len(shared) >= 20
    for module, name, value in shared:
        assert value == getattr(OF_FUNCTIONS[name].default, name), f"{module.name}: {name}"
    # Of names that mean different things in different places.
    assert signature(train_tokenizer).parameters["max_length"].default == (
        TokenizerRecipe.model_fields["max_length"].default
    )
    assert signature(draw).parameters["n_types"].default == Examples.model_fields["n_types"].default


def chosen_values(settings, key=""):
    """Keys of a study with the values given that differ from a default that is a number."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        for inside in value.values() if isinstance(value, Mapping) else [value]:
            if isinstance(inside, BaseModel):
                yield from chosen_values(inside, name)
        number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
        if number and value != field.default and key not in ("hub", "builtin"):
            yield name, value, field.default


def test_the_full_study_says_where_it_does_not_take_a_default():
    text = (ROOT / "config.yaml").read_text()
    chosen = {*chosen_values(parse_study(yaml.safe_load(text)))}

    assert ("token_budget", 16384, 8192) in chosen
    for name, value, default in chosen:
        lines = [line for line in text.splitlines() if re.search(rf"\b{name}: ", line)]
        said = [re.search(r"([-\d.e]+) unless given", line) for line in lines]
        assert default in [float(one[1]) for one in said if one], f"{name}: {value}, not {default}"


def test_the_format_document_lists_the_score_columns_in_order():
    section = (ROOT / "docs/FORMAT.md").read_text().split("## Scores (kind")[1].split("\n## ")[0]
    cells = re.findall(r"^\| ([a-z_, ]+) \|", section, re.MULTILINE)
    columns = [name for cell in cells for name in cell.split(", ") if name != "column"]

    assert columns == [field.name for field in dataclasses.fields(Score)]


def test_the_readme_names_what_there_is():
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    targets = re.findall(r"^make (\w[\w-]*)", text, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()

    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_readme_example_of_foreign_files_runs(tmp_path, monkeypatch, capsys):
    code = (ROOT / "README.md").read_text().split("```python\n")[1].split("```")[0]
    words = ["one", "two", "three", "four", "five", "six"]
    for language, prefix in (("en", ""), ("de", "d")):
        lines = [f"{prefix}{word}|||0|||{i}|||0|||7\n" for i, word in enumerate(words)]
        (tmp_path / f"clusters_{language}.txt").write_text("".join(lines))
    entries = [f"{word} -> d{word}: Probability = 1.0, Count = 2\n" for word in words]
    (tmp_path / "dictionary.txt").write_text("".join(entries))
    monkeypatch.chdir(tmp_path)

    exec(compile(code, "README.md", "exec"), {})

    assert capsys.readouterr().out == "CALIGN 1.000 (1 of 1)\n"
