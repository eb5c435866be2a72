"""Firefox as it is installed, over WebDriver BiDi, which it speaks itself: no driver is needed.

https://w3c.github.io/webdriver-bidi/; playwright drives a Firefox of its own build only.
"""

import base64
import json
import os
import re
import socket
import subprocess
import time

STARTED = re.compile(r"listening on ws://([\d.]+):(\d+)")


class Firefox:
    """A headless Firefox with one page; `faults` is what its console and network complain of."""

    def __init__(self, program, profile):
        command = [program, "--headless", "--remote-debugging-port=0", "--profile", str(profile)]
        environment = os.environ | {"HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
        self._process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
        )
        self.faults, self._number = [], 0
        try:
            self._connect(program)
        except BaseException:
            self._end()
            raise

    def _connect(self, program):
        for line in self._process.stderr:
            if found := STARTED.search(line):
                self._socket = Socket(found[1], int(found[2]), "/session")
                break
        else:
            raise OSError(f"{program}: ended before it listened")
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded", "network.fetchError"])
        [tree] = self.ask("browsingContext.getTree")["contexts"]
        self._page = tree["context"]

    def ask(self, method, **params):
        """Return the result of a command; events that come first are kept."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            found = json.loads(self._socket.receive())
            if found.get("id") == self._number:
                assert found["type"] == "success", found
                return found["result"]
            self._keep(found)

    def _keep(self, event):
        params = event.get("params", {})
        if event.get("method") == "network.fetchError":
            self.faults.append(params["request"]["url"])
        elif params.get("level") in ("error", "warn"):
            self.faults.append(params["text"])

    def open(self, address):
        self.ask("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def evaluate(self, expression):
        """Return what an expression comes to, a text or number."""
        target = {"context": self._page}
        found = self.ask("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert found["type"] == "success", found
        return found["result"].get("value")

    def wait(self, expression, seconds=30):
        """Return the first value of an expression that is true."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.05)
        raise AssertionError(f"not in {seconds} s: {expression}; faults: {self.faults}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._end()

    def _end(self):
        self._process.terminate()
        self._process.wait(30)
        self._process.stderr.close()


class Socket:
    """A client of a WebSocket: texts alone. RFC 6455."""

    def __init__(self, host, port, path):
        self._socket = socket.create_connection((host, port), timeout=180)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket",
            "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
        )  # fmt: skip
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._file = self._socket.makefile("rb")
        status = self._file.readline()
        assert b" 101 " in status, status
        while self._file.readline().strip():
            pass

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        if size < 126:
            head = bytes([0x81, 0x80 | size])
        elif size < 2**16:
            head = bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x81, 0xFF]) + size.to_bytes(8, "big")
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self._socket.sendall(head + mask + masked)

    def receive(self):
        parts = []
        while True:
            first, second = self._file.read(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(self._file.read(2 if size == 126 else 8), "big")
            data = self._file.read(size)
            kind = first & 0x0F
            assert kind in (0, 1), f"frame of kind {kind}: needed text"
            parts.append(data)
            if first & 0x80:
                return b"".join(parts).decode()

    def close(self):
        self._file.close()
        self._socket.close()
