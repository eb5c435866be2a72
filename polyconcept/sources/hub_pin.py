"""From a repository and a revision to one commit and the list of its files."""

from __future__ import annotations

from dataclasses import replace

from huggingface_hub import DatasetInfo, Discussion, HfApi, ModelInfo, constants
from huggingface_hub.errors import RevisionNotFoundError

from polyconcept.records.repositories import (
    SETTINGS_FILES,
    TOKENIZER_FILES,
    UNSAFE_WEIGHTS,
    Kind,
    PinnedRepo,
    RepoFile,
    check_repository,
    check_revision,
)
from polyconcept.sources.hub_cache import recall, remember
from polyconcept.sources.hub_errors import HubError, with_retries
from polyconcept.sources.hub_files import CONVERT_ADVICE, has_safetensors
from polyconcept.text.lines import few

# As transformers' safetensors_conversion.py has them. The author is checked as well as the title:
# anybody can open a pull request with weights of his own.
_BOT = "SFconvertbot"
_TITLE = "Adding `safetensors` variant of this model"


def pin_repository(
    repository: str, *, kind: Kind, revision: str | None = None, converted: bool = False
) -> PinnedRepo:
    """Resolve a revision to its commit and list the files there; downloads none of them.

    What is found is kept in the cache. With HF_HUB_OFFLINE=1 the answer comes from there only.

    `revision` is a branch, tag or commit, by default the main branch. If `converted`, the commit of
    the hub's own conversion is taken where a model has no safetensors weights there: the open pull
    request of the account SFconvertbot.

    Raises:
        HubError: there is no such repository or revision (some that there are are named), a
            login is needed, the hub cannot be reached, there is no conversion or it is of other
            weights or settings; offline: the cache does not know the revision.
    """
    _check_asked(repository, kind, revision)
    if constants.is_offline_mode():
        return recall(repository, kind, revision, converted=converted)
    pinned = _pinned(repository, kind, revision)
    remember(pinned, converted=False)
    if converted:
        if not has_safetensors(pinned):
            pinned = _conversion(pinned)
        remember(pinned, converted=True)
    return pinned


def _check_asked(repository: str, kind: Kind, revision: str | None) -> None:
    """Refuse, before the cache or the hub is asked, names that would be paths in the cache."""
    try:
        check_repository(repository)
    except ValueError as error:
        raise HubError(f"{kind}: this is no id of a repository: {error}") from None
    try:
        check_revision(revision or "main")
    except ValueError as error:
        raise HubError(f"{kind} {repository}: revision: {error}") from None


def _pinned(repository: str, kind: Kind, revision: str | None) -> PinnedRepo:
    what = f"{kind} {repository}"
    info = with_retries(what, lambda: _info(repository, kind, revision))
    if info is None:
        raise HubError(
            f"{what}: there is no revision {revision!r} on {constants.ENDPOINT}; "
            f"{_revisions(repository, kind)}"
        )
    files = _listed(what, info)
    if not info.sha or not files:
        raise HubError(f"{what}: revision {revision or 'main'} holds no files")
    try:
        return PinnedRepo(repository, kind, revision, info.sha, files)
    except ValueError as error:
        raise HubError(f"{what}: {constants.ENDPOINT} answered: {error}") from error


def _listed(what: str, info: ModelInfo | DatasetInfo) -> tuple[RepoFile, ...]:
    """Return the files that the hub lists, each checked."""
    siblings = sorted(info.siblings or (), key=lambda sibling: sibling.rfilename)
    files = []
    for sibling in siblings:
        if sibling.size is None or sibling.blob_id is None:
            raise HubError(
                f"{what}: {constants.ENDPOINT} does not say size and blob of {sibling.rfilename}; "
                "without them no download can be checked (is HF_ENDPOINT a full hub?)"
            )
        sha256 = sibling.lfs.sha256 if sibling.lfs else None
        try:
            # The names of a server become paths in the cache.
            file = RepoFile(sibling.rfilename, sibling.size, sha256, sibling.blob_id)
        except ValueError as error:
            raise HubError(f"{what}: {constants.ENDPOINT} lists: {error}") from error
        files.append(file)
    return tuple(files)


def _info(repository: str, kind: Kind, revision: str | None) -> ModelInfo | DatasetInfo | None:
    """Return what the hub says of a revision; None where there is no such revision."""
    api, limit = HfApi(), constants.HF_HUB_DOWNLOAD_TIMEOUT
    ask = api.model_info if kind == "model" else api.dataset_info
    try:
        return ask(repository, revision=revision, files_metadata=True, timeout=limit)
    except RevisionNotFoundError:
        return None


def _revisions(repository: str, kind: Kind) -> str:
    """Return the first branches and tags that there are, for a message."""
    refs = with_retries(
        f"{kind} {repository}", lambda: HfApi().list_repo_refs(repository, repo_type=kind)
    )
    names = [ref.name for ref in (*refs.branches, *refs.tags)]
    return f"branches and tags there: {few(names, 10) or '(none)'}"


def _conversion(pinned: PinnedRepo) -> PinnedRepo:
    """Return the commit of the bot's pull request, if it converts just these weights."""
    requests = with_retries(str(pinned), lambda: _requests(pinned.repository))
    if not requests:
        raise HubError(
            f"{pinned}: no safetensors weights there, and no open pull request "
            f"{_TITLE!r} by {_BOT}; {CONVERT_ADVICE}"
        )
    request = max(requests, key=lambda discussion: discussion.num)
    found = _pinned(pinned.repository, pinned.kind, request.git_reference)
    names = (*SETTINGS_FILES, *UNSAFE_WEIGHTS, *(name for g in TOKENIZER_FILES for name in g))
    ours, theirs = ({f.path: f.digest for f in repo.files} for repo in (pinned, found))
    # It is a conversion of these weights only if those beside it, and the settings, are the same.
    differ = [name for name in names if ours.get(name) != theirs.get(name)]
    if differ or not has_safetensors(found):
        why = f"has other {', '.join(differ)}" if differ else "holds no safetensors weights"
        raise HubError(
            f"{pinned}: the conversion in pull request {request.num} by {_BOT} {why}; "
            f"{CONVERT_ADVICE}"
        )
    return replace(found, asked=pinned.asked)


def _requests(repository: str) -> list[Discussion]:
    found = HfApi().get_repo_discussions(
        repository, author=_BOT, discussion_type="pull_request", discussion_status="open"
    )
    # The hub filters already; a mirror may not.
    return [
        discussion
        for discussion in found
        if (discussion.author, discussion.title, discussion.status) == (_BOT, _TITLE, "open")
        and discussion.is_pull_request
    ]
