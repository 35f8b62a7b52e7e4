"""A certified OpenID provider of our own (npm's `oidc-provider`), in a temporary folder and on loopback."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_NEEDED = ("package.json", "package-lock.json", "provider.mjs")


class NoNodeError(Exception):
    """There is no node or npm on this machine."""

    def __str__(self) -> str:
        return "node and npm are missing: sign-in with a real OpenID provider cannot be tested (apt install nodejs npm)"


class Provider:
    """The running provider: its packages are those of package-lock.json, by their hashes, and run no script."""

    def __init__(self, jwks: Mapping[str, Any], clients: Sequence[Mapping[str, Any]]) -> None:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise NoNodeError
        self._folder = Path(tempfile.mkdtemp(prefix="mrd-oidc-"))
        for name in _NEEDED:
            shutil.copyfile(_HERE / name, self._folder / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True)
        said = {"PROVIDER_JWKS": json.dumps(jwks), "PROVIDER_CLIENTS": json.dumps(clients)}
        self._running = subprocess.Popen(
            [node, "provider.mjs"], cwd=self._folder, env={**os.environ, **said}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._running.stdout is not None
        self.issuer = next(line.strip() for line in self._running.stdout if line.startswith("http://"))

    def stop(self) -> None:
        """End it and leave nothing behind."""
        self._running.communicate()  # the end of its input is its end
        shutil.rmtree(self._folder)
