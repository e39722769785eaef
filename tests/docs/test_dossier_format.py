"""The verifier in the documentation, run as a reader would: with Python alone, on dossiers as they are made."""

import asyncio
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.proof.redact import Cover, redact
from tests.support.dossiers import READERS, Dispute
from tests.support.shops import HOUR, shop_in_memory

PAGE = Path(__file__).parents[2] / "docs" / "dossier-format.md"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path_factory.mktemp("independent") / "check.py"
    path.write_text(code, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def dossiers() -> dict[str, bytes]:
    async def story() -> dict[str, bytes]:
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            shop.clock.advance(HOUR)
            await dispute.ledger.rotate()
            return {name: await dispute.zip(reader) for name, reader in READERS.items()}

    return asyncio.run(story())


def check(script: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Nothing but the standard library can be imported."""
    return subprocess.run(
        [sys.executable, "-I", "-S", script, folder], capture_output=True, text=True, check=False, timeout=60
    )


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("reader", READERS)
def test_it_holds_for_every_readers_dossier(script, dossiers: Mapping[str, bytes], reader: str, tmp_path: Path):
    done = check(script, unpacked(dossiers[reader], tmp_path))
    assert done.returncode == 0, done.stderr
    assert "34 events hold; left out: nothing" in done.stdout


def test_it_holds_for_a_redacted_copy_and_says_what_is_left_out(script, dossiers: Mapping[str, bytes], tmp_path: Path):
    copy = BytesIO()
    with zipfile.ZipFile(BytesIO(dossiers["platform"])) as source, zipfile.ZipFile(copy, "w") as target:
        redact(source, target, Cover(words=[4], events=[5], files=["e3"]))
    done = check(script, unpacked(copy.getvalue(), tmp_path))
    assert done.returncode == 0, done.stderr
    assert "left out: ['case.json', 'dossier.pdf', 'files/e3.mp4']" in done.stdout


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_finds_any_single_changed_byte(script, dossiers: Mapping[str, bytes], tmp_path: Path, data):
    folder = unpacked(dossiers["buyer"], tmp_path)
    file = data.draw(st.sampled_from(sorted(path for path in folder.rglob("*") if path.is_file())))
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(bytes(content))
    assert check(script, folder).returncode != 0, file
