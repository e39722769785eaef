"""What an operator decides: a TOML file, overruled by AMENDS_* variables, read once at the start."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

PREFIX = "AMENDS_"
FILE_VARIABLE = "AMENDS_CONFIG"

_Given = dict[str, tuple[str, Any]]
"""Name of the setting → where it was given, for the fault's sentence, and its raw value."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    database_url: str | None = None
    """A PostgreSQL of your own (15 or newer). Without it one is started under `data_dir`."""

    data_dir: Path = Path(".amends")
    """Embedded database and evidence files. Must not be shared by two machines."""

    evidence_url: str | None = None
    """`s3://bucket/folder` for files of evidence; without it they are under `data_dir`. Not to be changed lightly."""

    evidence_endpoint: str | None = None
    """Address of S3-compatible storage that is not Amazon's."""

    evidence_region: str = "us-east-1"

    evidence_access_key: str | None = None
    evidence_secret_key: str | None = None
    """Without keys, those that the machine has by itself."""

    clamd: Annotated[str, Meta(pattern="^[^:]+:[0-9]{1,5}$")] | None = None
    """`host:port` of a clamd that looks for viruses. Without its answer no file is taken.

    Its StreamMaxLength, MaxFileSize and MaxScanSize have to be at least what the policy takes (a video of 300 MB), with
    AlertExceedsMax on: it hangs up on a longer stream, and calls a longer file clean without looking.
    """

    policy_dir: Path | None = None
    """Policies that take the place of the shipped ones."""

    ledger_keys: Path | None = None
    """Folder of the keys that sign the ledger; without it `ledger` under `data_dir`. Other machines cannot sign."""

    time_stamp_url: str | None = None
    """A time-stamping authority (RFC 3161) for heads of the ledger."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8080

    web_processes: Annotated[int, Meta(ge=1, le=256)] = 1
    """Each listens on the same port with writers and a pool of its own."""

    receipts_kept_days: Annotated[int, Meta(ge=7, le=3650)] = 30
    """For how long the same idempotency key gives the first answer again; 7 days are promised to callers."""

    messages_kept_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    """For how long messages to the outside are kept once they were delivered; those given up stay."""

    database_connections: Annotated[int, Meta(ge=2, le=1000)] = 8
    """Most that one process opens; two are the least, as LISTEN keeps one for itself."""


class SettingsRefused(Exception):
    """Names every fault, so that one attempt is enough to mend them all."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("These settings cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Raise `SettingsRefused` with all faults of file and environment together."""
    faults: list[str] = []
    given = _from_file(environment.get(FILE_VARIABLE), faults) | _from_environment(environment)
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        if field.encode_name in given:
            source, raw = given.pop(field.encode_name)
            try:
                # Variables are text, so "8080" has to pass for a number.
                values[field.name] = msgspec.convert(raw, field.type, strict=False, dec_hook=_read_path)
            except msgspec.ValidationError as fault:
                faults.append(f"{source}: {fault}")
    known = ", ".join(field.encode_name for field in msgspec.structs.fields(Settings))
    faults += [f"{source}: there is no such setting; known are {known}" for source, _ in given.values()]
    if faults:
        raise SettingsRefused(faults)
    return Settings(**values)


def _read_path(kind: type, raw: object) -> Path:
    if kind is Path and isinstance(raw, str):
        return Path(raw)
    raise msgspec.ValidationError(f"Expected a path, got {raw!r}")


def _from_file(path: str | None, faults: list[str]) -> _Given:
    if not path:
        return {}
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        faults.append(f"{FILE_VARIABLE}={path}: {fault}")
        return {}
    return {name: (f"{name} in {path}", value) for name, value in content.items()}


def _from_environment(environment: Mapping[str, str]) -> _Given:
    """An empty variable is none: that is how a compose file or a unit file leaves one out."""
    return {
        name.removeprefix(PREFIX).lower(): (name, value)
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != FILE_VARIABLE and value
    }
