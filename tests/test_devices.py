import pytest
import torch

from polyconcept.machine.devices import choose_device, cpu_threads


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_there_is(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    assert choose_device("auto") == expected
    assert choose_device("cpu") == "cpu"


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "tpu"])
def test_a_device_that_is_not_there_is_refused(monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    with pytest.raises(ValueError, match=f"device '{name}': torch .* finds none"):
        choose_device(name)


def test_a_job_that_asked_for_a_gpu_does_not_go_on_without(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")

    with pytest.raises(ValueError, match=r"asked for 1 GPU, .* finds none .*VISIBLE_DEVICES=3\)"):
        choose_device("auto", n_gpus=1)
    assert choose_device("cpu", n_gpus=1) == "cpu"


def test_threads_are_set_for_a_block_alone():
    before = torch.get_num_threads()

    with cpu_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
