"""The order of imports is written down in pyproject.toml; here it is held, and shown to catch an offender."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PARTS = ("bootstrap", "cli", "web", "demo", "store", "adapters", "application", "wording", "domain", "settings")


def lint_imports(package_parent: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", PROJECT / "pyproject.toml", "--no-cache"],
        cwd=package_parent,
        env=os.environ | {"PYTHONPATH": str(package_parent)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A bare package of our shape, for offenders to be put into."""
    for part in PARTS:
        (tmp_path / "amends" / part).mkdir(parents=True)
        (tmp_path / "amends" / part / "__init__.py").touch()
    (tmp_path / "amends" / "__init__.py").touch()
    (tmp_path / "amends" / "__main__.py").touch()
    return tmp_path


def test_imports_run_one_way():
    linted = lint_imports(PROJECT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("domain", "wording"),
        ("domain", "store"),
        ("wording", "application"),
        ("application", "store"),
        ("application", "adapters"),
        ("application", "settings"),
        ("store", "adapters"),
        ("adapters", "store"),
        ("store", "web"),
        ("web", "cli"),
        ("web", "bootstrap"),
        ("web", "demo"),
        ("demo", "web"),
        ("demo", "cli"),
        ("application", "demo"),
    ],
)
def test_an_import_the_wrong_way_is_found(package, importer, imported):
    (package / "amends" / importer / "offender.py").write_text(f"def late():\n    import amends.{imported}\n")
    linted = lint_imports(package)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert f"amends.{importer}.offender -> amends.{imported}" in linted.stdout


def test_imports_the_right_way_are_left_in_peace(package):
    (package / "amends" / "web" / "page.py").write_text("import amends.store, amends.application, amends.domain\n")
    (package / "amends" / "cli" / "serve.py").write_text("import amends.bootstrap, amends.web, amends.settings\n")
    linted = lint_imports(package)
    assert linted.returncode == 0, linted.stdout + linted.stderr
