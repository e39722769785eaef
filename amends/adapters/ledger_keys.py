"""The private keys that sign the ledger, one file each, readable by this account alone."""

import os
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class KeyFolder:
    """`key-1.pem`, `key-2.pem`, …"""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[int, Ed25519PrivateKey] = {}

    def get(self, number: int) -> Ed25519PrivateKey | None:
        """The key, if it is here."""
        if number not in self._read:
            try:
                key = load_pem_private_key(self._file(number).read_bytes(), password=None)
            except FileNotFoundError:
                return None
            if not isinstance(key, Ed25519PrivateKey):
                raise ValueError(f"{self._file(number)} is no Ed25519 key")
            self._read[number] = key
        return self._read[number]

    def make(self, number: int) -> Ed25519PrivateKey:
        """A new key; the one that is there, if another process was quicker. Made beside and linked: one wins."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._folder / f"new-{number}.{os.getpid()}"
        unfinished.touch(0o600)
        unfinished.write_bytes(
            Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        with suppress(FileExistsError):
            self._file(number).hardlink_to(unfinished)
        unfinished.unlink()
        key = self.get(number)
        assert key is not None, "it was just linked"
        return key

    def _file(self, number: int) -> Path:
        return self._folder / f"key-{number}.pem"
