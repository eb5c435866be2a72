import pytest

from polyconcept.machine.names import plain_name


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "model-00001-of-00002.safetensors",
        ".hidden",
        "a..b",
        "...",
        "with blank",
        "Größe",
        "می\u200cخواهم",
        "x" * 255,
    ],
)
def test_plain_names_pass_as_they_are(name):
    assert plain_name(name, "index.json") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../paper.tex",
        "/etc/passwd",
        "a/b",
        "a/../b",
        "a/",
        "./a",
        "..\\paper.tex",
        "a\\b",
        "C:paper.tex",
        "C:\\paper.tex",
        "\\\\host\\share",
        "a\0b",
        "a\nb",
        "a\rb",
        "a\u2028b",
        "\ud800",
        "x" * 256,
        "ß" * 128,
        None,
        1,
        ["a"],
        b"a",
    ],
)
def test_all_else_is_refused_in_one_line(name):
    with pytest.raises(ValueError, match=r"^index.json, shard 2: found .*, needed the plain") as e:
        plain_name(name, "index.json, shard 2")

    assert len(str(e.value).splitlines()) == 1
    assert len(str(e.value)) < 250
