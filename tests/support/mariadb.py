"""A real MariaDB for the tests: own folder, socket only, its zone -03:00 on purpose."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

READER, PASSWORD = "reader", "s3cret-of-the-reader"
DEADLINE = 60


@dataclass(frozen=True)
class MariaDB:
    """A server that runs: its socket, and the log of every statement it gets."""

    folder: Path

    @property
    def socket(self) -> str:
        """The path of its socket."""
        return str(self.folder / "sock")

    def url(self, database: str) -> str:
        """The URL for a user who may only SELECT; the password is not in it."""
        return f"mysql://{READER}@localhost/{database}?socket={self.socket}"

    def run(self, text: str, database: str = "") -> None:
        """Runs SQL as its owner, with DELIMITER, as the command-line client does."""
        subprocess.run(
            ["mariadb", f"--socket={self.socket}", "--default-character-set=utf8mb4", database],
            input=text.encode(),
            check=True,
            capture_output=True,
        )

    def connection(self, database: str) -> pymysql.Connection[Any]:
        """A connection of its owner."""
        return pymysql.connect(
            unix_socket=self.socket, user=owner(), database=database, autocommit=True
        )

    def create(self, database: str, *files: Path) -> str:
        """A new database with the rows of SQL files; gives the reader's URL."""
        self.run(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database};")
        self.run(f"GRANT SELECT ON {database}.* TO '{READER}'@'localhost';")
        for file in files:
            self.run(file.read_text("utf-8"), database)
        return self.url(database)

    def statements(self, user: str = READER) -> list[str]:
        """What a user has sent, in order."""
        lines = (self.folder / "general.log").read_text("utf-8", "replace").splitlines()
        mine: set[str] = set()
        sent = []
        for line in lines:
            fields = line.split("\t")
            rest = fields[-1]
            what = fields[-2].strip() if len(fields) > 1 else ""
            number, _, verb = what.rpartition(" ")
            number = number.split()[-1] if number.split() else ""
            if verb == "Connect" and rest.startswith(f"{user}@"):
                mine.add(number)
            elif verb in ("Query", "Prepare", "Execute", "Init") and number in mine:
                sent.append(rest)
        return sent


def owner() -> str:
    """Who owns the server: the user of this process."""
    import getpass

    return getpass.getuser()


def missing() -> str:
    """What is missing to start one; nothing where all is there."""
    return (
        "" if shutil.which("mariadbd") and shutil.which("mariadb-install-db") else "mariadb-server"
    )


@contextmanager
def server() -> Iterator[MariaDB]:
    """Starts a server, and ends it."""
    folder = Path(tempfile.mkdtemp(prefix="custdyn-maria-"))
    made = MariaDB(folder)
    data = folder / "data"
    plain = ["--no-defaults"]
    subprocess.run(
        [
            "mariadb-install-db",
            *plain,
            f"--datadir={data}",
            f"--user={owner()}",
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={owner()}",
            "--skip-test-db",
            "--force",  # a machine may have no name for itself
        ],
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [
            "mariadbd",
            *plain,
            f"--datadir={data}",
            f"--user={owner()}",
            f"--socket={made.socket}",
            f"--pid-file={folder / 'pid'}",
            "--skip-networking",
            "--default-time-zone=-03:00",
            "--general-log",
            f"--general-log-file={folder / 'general.log'}",
            "--character-set-server=utf8mb4",
            "--innodb-flush-log-at-trx-commit=0",
        ],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors").open("wb"),
    )
    try:
        end = time.monotonic() + DEADLINE
        while not Path(made.socket).exists() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.1)
        made.run(f"CREATE USER '{READER}'@'localhost' IDENTIFIED BY '{PASSWORD}';")
        yield made
    finally:
        process.terminate()
        process.wait(DEADLINE)
        shutil.rmtree(folder, ignore_errors=True)
