"""Bundles for one machine are packed anew when something that goes into them changed, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import bundles
from local.bundles import pack_bundles


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two functions, of which `reads` has requirements of its own, and packing that costs nothing."""
    for name in ("functions/reads/app.py", "functions/sends/app.py", "layers/common/shared.py", "bundle/build.py"):
        write(tmp_path / name, name)
    write(tmp_path / "requirements" / "layer.txt", "httpx==1")
    write(tmp_path / "requirements" / "reads.txt", "pypdf==1")

    def requirements(name: str) -> Path | None:
        path = tmp_path / "requirements" / f"{name}.txt"
        return path if path.exists() else None

    monkeypatch.setattr(bundles, "ROOT", tmp_path)
    monkeypatch.setattr(bundles, "REQUIREMENTS", tmp_path / "requirements" / "layer.txt")
    monkeypatch.setattr(bundles, "function_requirements", requirements)
    monkeypatch.setattr(bundles, "build_function", lambda name, out, _: out / name)
    monkeypatch.setattr(bundles, "build_layer", lambda out, _: out)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def pack(root: Path) -> dict[str, str]:
    bundles = pack_bundles(["reads", "sends"], root / "state", lambda _done, _doing: None)
    return {name: bundle.digest for name, bundle in bundles.items()}


@pytest.mark.parametrize(
    ("changed", "packed_anew"),
    [
        ("functions/reads/app.py", {"reads"}),
        ("requirements/reads.txt", {"reads"}),
        ("requirements/layer.txt", {"reads", "layer"}),
        ("layers/common/shared.py", {"layer"}),
        ("bundle/build.py", {"reads", "sends", "layer"}),
        ("functions/reads/tests/test_app.py", set()),
    ],
)
def test_only_what_a_change_goes_into_is_packed_anew(root: Path, changed: str, packed_anew: set[str]) -> None:
    # given
    before = pack(root)
    assert pack(root) == before

    # when
    write(root / changed, "changed")

    # then
    after = pack(root)
    assert {name for name in before if before[name] != after[name]} == packed_anew
    assert {file.name for file in (root / "state" / "bundles").iterdir()} == {
        f"{name}-{digest}.zip" for name, digest in after.items()
    }
