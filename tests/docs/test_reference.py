"""The reference pages say what the code says."""

from docs.generate import REFERENCE, pages


def test_the_committed_reference_is_what_the_code_generates():
    written = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}

    stale = sorted(name for name, text in pages().items() if written.get(name) != text)

    assert not stale, f"run `make docs`: {stale} no longer say what the code says"
