"""A hub on the loopback address: enough of its API for huggingface_hub, with faults on demand.

    with HubStandIn() as hub:
        commit = hub.add("model", "owner/tiny", {"config.json": b"..."})
        subprocess.run(..., env=os.environ | hub.environment(home))

As on the real hub, large files (LFS) are a redirect to another host, here another port.
"""

import hashlib
import json
import re
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

BOT = "SFconvertbot"
BOT_TITLE = "Adding `safetensors` variant of this model"
_LARGE = (".safetensors", ".bin", ".parquet")
_API = re.compile(r"/api/(model|dataset)s/(.+)")
_RESOLVE = re.compile(r"/(datasets/)?((?:[^/]+/)?[^/]+)/resolve/([^/]+)/(.+)")
_STORAGE = re.compile(r"/storage/(model|dataset)/(.+)/([0-9a-f]{40})/(.+)")


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def lfs_pointer(data):
    sha256 = hashlib.sha256(data).hexdigest()
    version = "https://git-lfs.github.com/spec/v1"
    return f"version {version}\noid sha256:{sha256}\nsize {len(data)}\n".encode()


class Request(NamedTuple):
    """A request that the server saw."""

    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class Repository:
    """Commits, what names point at them, and pull requests of one repository."""

    commits: dict = field(default_factory=dict)  # commit -> {path: bytes}
    branches: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    requests: list = field(default_factory=list)  # (number, author, title, status)
    token: str | None = None  # needed for a private repository
    gated: bool = False

    def commit_of(self, revision):
        for names in (self.branches, self.tags):
            if revision in names:
                return names[revision]
        return revision if revision in self.commits else None


class HubStandIn:
    """The server; its attributes below are faults, keyed by a part of the request's path.

    Attributes:
        cuts: path -> bytes after which to end the next answers, one entry per answer.
        resets: as `cuts`, but the connection is reset and not closed.
        stalls: as `cuts`, but the connection stays open and nothing more comes for 5 s.
        damaged: path -> number of answers still to be sent with one wrong byte.
        delays: path -> seconds to wait before the next answers, one entry per answer.
        statuses: path -> HTTP status instead of an answer, until it is removed.
        requests: everything that was asked, in order.
    """

    def __init__(self):
        self.repositories = {}
        self.cuts, self.resets, self.stalls, self.damaged = {}, {}, {}, {}
        self.delays, self.statuses = {}, {}
        self.renamed = {}  # old name of a model -> present one; the hub redirects
        self.requests = []
        self._servers = []

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"hub": self})
        for _ in range(2):
            server = _Server(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            self._servers.append(server)
        return self

    def __exit__(self, *_):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self._servers[0].server_port}"

    @property
    def storage(self):
        """Where large files are redirected to."""
        return f"http://127.0.0.1:{self._servers[1].server_port}"

    def environment(self, home):
        """Variables for a program that shall use this hub, with its cache under `home`."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_HUB_DOWNLOAD_TIMEOUT": "2",
            "HF_HUB_ETAG_TIMEOUT": "2",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def add(self, kind, repository, files, *, branch="main", tag=None):
        """A commit with these files (path -> bytes); returns its name."""
        found = self.repositories.setdefault((kind, repository), Repository())
        text = repr([branch, sorted((path, git_blob(data)) for path, data in files.items())])
        commit = hashlib.sha1(text.encode()).hexdigest()
        found.commits[commit] = dict(files)
        found.branches[branch] = commit
        if tag:
            found.tags[tag] = commit
        return commit

    def add_request(self, repository, files, *, author=BOT, title=BOT_TITLE, status="open"):
        """A pull request to a model, holding these files; returns its commit."""
        found = self.repositories["model", repository]
        number = len(found.requests) + 1
        found.requests.append((number, author, title, status))
        return self.add("model", repository, files, branch=f"refs/pr/{number}")

    def downloads(self):
        """Requests for the content of files."""
        return [seen for seen in self.requests if seen.method == "GET" and "/api/" not in seen.path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A client that gave up is part of many tests. Its answer may end seconds later: printed
        # then, it would stand in the output of another test.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubStandIn

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        path = unquote(urlsplit(self.path).path)
        sent = self.headers.get("Authorization")
        self.hub.requests.append(Request(self.command, path, self.headers.get("Range"), sent))
        waits = self._fault(self.hub.delays, path)
        if waits:
            time.sleep(waits.pop(0))
        status = self._fault(self.hub.statuses, path)
        if status:
            return self._refuse(status)
        raw = urlsplit(self.path).path  # revisions such as refs/pr/1 are quoted there
        for old, new in self.hub.renamed.items():
            if f"/{old}/" in f"{raw}/":
                place = self.path.replace(f"/{old}", f"/{new}", 1)
                return self._head(307, {"Location": place, "Content-Length": "0"})
        if match := _STORAGE.fullmatch(path):
            return self._storage(*match.groups())
        if match := _API.fullmatch(raw):
            return self._api(match[1], match[2].split("/"))
        if match := _RESOLVE.fullmatch(raw):
            kind = "dataset" if match[1] else "model"
            return self._resolve(kind, match[2], unquote(match[3]), unquote(match[4]))
        return self._refuse(404)

    @staticmethod
    def _fault(faults, path):
        return next((value for part, value in faults.items() if part in path), None)

    def _repository(self, kind, name, *, content):
        """The repository, or None after a refusal; all can see a gated one, but not its content."""
        found = self.hub.repositories.get((kind, name))
        if found is None:
            self._refuse(404, "RepoNotFound")
            return None
        authorized = self.headers.get("Authorization") == f"Bearer {found.token}"
        if found.token and not authorized and (content or not found.gated):
            self._refuse(401, "GatedRepo" if found.gated else "RepoNotFound")
            return None
        return found

    def _api(self, kind, parts):
        """Answer /api/{kind}s/{name} and what follows it; old names have no owner."""
        n_name = 1 if (kind, parts[0]) in self.hub.repositories else 2
        name, what, revision = "/".join(parts[:n_name]), *[*parts[n_name:], "", "main"][:2]
        found = self._repository(kind, name, content=False)
        if found is None:
            return None
        if what == "refs":
            return self._json(_refs(found))
        if what == "discussions":
            return self._json(_discussions(kind, name, found))
        commit = found.commit_of(unquote(revision) if what else "main")
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        files = found.commits[commit]
        if what == "tree":
            return self._json([_tree_entry(path, files[path]) for path in sorted(files)])
        siblings = [_sibling(path, files[path]) for path in sorted(files)]
        return self._json({"id": name, "sha": commit, "private": False, "siblings": siblings})

    def _resolve(self, kind, name, revision, path):
        found = self._repository(kind, name, content=True)
        if found is None:
            return None
        commit = found.commit_of(revision)
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        data = found.commits[commit].get(path)
        if data is None:
            return self._refuse(404, "EntryNotFound")
        headers = {"X-Repo-Commit": commit}
        if not path.endswith(_LARGE):
            return self._content(path, data, headers | {"ETag": f'"{git_blob(data)}"'})
        sha256 = hashlib.sha256(data).hexdigest()
        headers |= {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(data))}
        place = f"{kind}/{name}/{commit}/{path}"
        headers |= {"Location": f"{self.hub.storage}/storage/{quote(place)}", "Content-Length": "0"}
        return self._head(302, headers)

    def _storage(self, kind, name, commit, path):
        data = self.hub.repositories[kind, name].commits[commit][path]
        return self._content(path, data, {"ETag": '"storage"'})

    def _content(self, path, data, headers):
        start = int((self.headers.get("Range") or "bytes=0-")[6:].rstrip("-"))
        body = data[start:]
        headers |= {"Content-Length": str(len(body)), "Accept-Ranges": "bytes"}
        if start:
            headers |= {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        self._head(206 if start else 200, headers)
        if self.command == "HEAD":
            return None
        damaged = [part for part, n in self.hub.damaged.items() if part in path and n]
        if damaged:
            self.hub.damaged[damaged[0]] -= 1
            body = body[:-1] + bytes([body[-1] ^ 1])
        for how in ("cuts", "resets", "stalls"):
            lengths = self._fault(getattr(self.hub, how), path)
            if lengths:
                return self._break_off(how, body[: lengths.pop(0)])
        return self.wfile.write(body)

    def _break_off(self, how, body):
        self.close_connection = True
        self.wfile.write(body)
        self.wfile.flush()
        if how == "stalls":
            time.sleep(5)
        if how == "resets":
            time.sleep(0.1)  # what was sent shall arrive before the reset takes it away
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _json(self, content):
        body = json.dumps(content).encode()
        self._head(200, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status, code=None):
        self._head(status, {"Content-Length": "0"} | ({"X-Error-Code": code} if code else {}))

    def _head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _refs(repository):
    def listed(names, where):
        return [
            {"name": name, "ref": f"refs/{where}/{name}", "targetCommit": commit}
            for name, commit in names.items()
            if not name.startswith("refs/")
        ]

    branches, tags = listed(repository.branches, "heads"), listed(repository.tags, "tags")
    return {"branches": branches, "tags": tags, "converts": []}


def _discussions(kind, name, repository):
    """All of them: a client that asks for one author's must not rely on getting only those."""
    found = [
        {
            "num": number,
            "author": {"name": author},
            "title": title,
            "status": status,
            "isPullRequest": True,
            "createdAt": "2024-01-01T00:00:00.000Z",
            "repo": {"name": name, "type": kind},
        }
        for number, author, title, status in repository.requests
    ]
    return {"discussions": found, "count": len(found), "start": 0}


def _lfs(data, name):
    return {
        name: hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "pointerSize": len(lfs_pointer(data)),
    }


def _sibling(path, data):
    if not path.endswith(_LARGE):
        return {"rfilename": path, "size": len(data), "blobId": git_blob(data)}
    blob = git_blob(lfs_pointer(data))
    return {"rfilename": path, "size": len(data), "blobId": blob, "lfs": _lfs(data, "sha256")}


def _tree_entry(path, data):
    if not path.endswith(_LARGE):
        return {"type": "file", "path": path, "size": len(data), "oid": git_blob(data)}
    blob = git_blob(lfs_pointer(data))
    size = len(data)
    return {"type": "file", "path": path, "size": size, "oid": blob, "lfs": _lfs(data, "oid")}
