"""Models and data sets of the Hugging Face hub: pinned to a commit, downloaded once, checked.

Where files are kept and which hub is asked follow huggingface_hub's own environment variables:
HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT.
"""

from polyconcept.hub._data import download_data, download_pair, fill_codes, possible_names
from polyconcept.hub._download import download_files
from polyconcept.hub._errors import HubError
from polyconcept.hub._files import matching_files, needed_model_files
from polyconcept.hub._model import download_model
from polyconcept.hub._pin import pin_repository

__all__ = [
    "HubError",
    "download_data",
    "download_files",
    "download_model",
    "download_pair",
    "fill_codes",
    "matching_files",
    "needed_model_files",
    "pin_repository",
    "possible_names",
]
