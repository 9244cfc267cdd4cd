"""What the bundles are made of, as CycloneDX: one document for each that brings packages along.

    python -m bundle.sbom --built .aws-sam/build --out DIR    DIR/CommonLayer.json, DIR/AdminApiFunction.json, ...

Python packages are those that stand in what was built; those of the console come from console/package-lock.json, and
have the scope `optional` where only building needs them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bundle.build import ROOT, find_uv
from bundle.commands import BuildError, run
from bundle.console_files import find_node, run_npm

# In an environment of its own: installed beside jsonschema, it makes each import of that three seconds slower.
_TOOL = ROOT / "requirements" / "sbom.txt"


def write_sboms(built: Path, out: Path) -> list[Path]:
    """A document for each folder of `built` that has packages, and that of the console. Raises BuildError."""
    out.mkdir(parents=True, exist_ok=True)
    found = [file for pattern in ("*/*.dist-info", "*/python/*.dist-info") for file in sorted(built.glob(pattern))]
    packages = {file.parent: file.relative_to(built).parts[0] for file in found}
    if not packages:
        raise BuildError(f"Nothing is built in {built}: `make build` does it.")
    written = [describe(folder, out / f"{name}.json") for folder, name in packages.items()]
    return [*written, _describe_console(out / "ConsoleFunction.json")]


def describe(folder: Path, file: Path) -> Path:
    """The packages that are installed in a folder."""
    frozen = run([find_uv(), "pip", "freeze", "--quiet", "--path", str(folder)])
    with tempfile.TemporaryDirectory() as made:
        listed = Path(made) / "packages.txt"
        listed.write_text(frozen)
        cyclonedx = [find_uv(), "run", "--quiet", "--no-project", "--isolated", "--with-requirements", str(_TOOL)]
        how = ["--output-reproducible", "--output-file", str(file)]
        run([*cyclonedx, "--python", sys.executable, "cyclonedx-py", "requirements", str(listed), *how])
    return file


def _describe_console(file: Path) -> Path:
    # Not without those of development: npm then leaves Vue out, for which they are peers.
    file.write_text(run_npm(find_node(), "sbom", "--package-lock-only", "--sbom-format", "cyclonedx"))
    return file


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bundle.sbom", description=__doc__.splitlines()[0])
    parser.add_argument("--built", type=Path, required=True, help="folder that `sam build` wrote")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        written = write_sboms(options.built, options.out)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{file}\n" for file in written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
