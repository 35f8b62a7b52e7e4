"""`make sbom`: the Python packages that the image runs, as CycloneDX JSON. The same lock gives the same bytes.

Debian's own packages in the image (python3, libc, openssl) are not in the locks: whoever publishes an image adds them
with a scanner of images.
"""

import sys
import tomllib
from pathlib import Path
from typing import Final

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply import locks

IMAGE: Final = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.2",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""The markers of the Dockerfile's Debian 12."""

_ROOT: Final = Path(__file__).resolve().parents[1]


def build(lock: Path = locks.FOLDER / "run.txt") -> str:
    """Return the bill of materials of a lock: no time, no serial number, sorted, valid against the schema."""
    stated = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    installed = [_component(locked) for locked in locks.read(lock) if locked.applies(IMAGE)]
    service = Component(
        name=stated["name"],
        version=stated["version"],
        description=stated["description"],
        type=ComponentType.APPLICATION,
        bom_ref=f"{stated['name']}@{stated['version']}",
    )
    bom = Bom(components=installed)
    bom.metadata.component = service
    bom.metadata.timestamp = None  # type: ignore[assignment]  # as cyclonedx-py does for reproducible output
    bom.serial_number = None  # type: ignore[assignment]  # the same
    direct = {canonicalize_name(Requirement(line).name) for line in stated["dependencies"]}
    bom.register_dependency(service, [component for component in installed if component.name in direct])
    return _valid(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def _component(locked: locks.Locked) -> Component:
    """Return a package; its hashes are those of all files it may be installed from, named by package URL."""
    purl = PackageURL("pypi", name=locked.name, version=locked.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(purl.to_string()),
        comment="the files that the lock admits",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in locked.sha256],
    )
    return Component(
        name=locked.name, version=locked.version, purl=purl, bom_ref=purl.to_string(), external_references=[files]
    )


def _valid(document: str) -> str:
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(document)
    if fault is not None:
        msg = f"not valid CycloneDX 1.6: {fault}"
        raise ValueError(msg)
    return document


if __name__ == "__main__":
    sys.stdout.write(build())
