"""`connect`: a billing system's data as the five tables, and which balances do not match."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from custdyn_widgets.connections.balances import differences, furthest
from custdyn_widgets.connections.connect_result import ConnectResult
from custdyn_widgets.connections.folder import Folder
from custdyn_widgets.connections.history import Changes, follow, keep_the_gone
from custdyn_widgets.connections.mapping import locked_engine, run_mapping
from custdyn_widgets.connections.mapping_notes import unknown_clients
from custdyn_widgets.connections.origins import open_files, open_origin
from custdyn_widgets.connections.origins.origin import Origin
from custdyn_widgets.connections.raw import RawSnapshot, read_raw, requests_of
from custdyn_widgets.connections.sql import count, parquet
from custdyn_widgets.connections.system import System, load_system
from custdyn_widgets.errors import CustdynError, FieldFault, QueryError, SourceError
from custdyn_widgets.model.cells import shown
from custdyn_widgets.model.currencies import no_currency
from custdyn_widgets.model.definitions import OPENINGS
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.connection import VERSION

Progress = Callable[[str], None]


class CallError(CustdynError):
    """Arguments do not go together."""

    exit_code = 2


@dataclass(frozen=True)
class Settings:
    """How a folder is made, the same every time: see `connect`. `mapping`: a hash of it."""

    mapping: str
    lists: bool
    opening: str
    currency: str | None


def connect(
    system: str,
    source: str | None = None,
    *,
    files: str | None = None,
    to: str | None = None,
    check: bool = False,
    lists: bool = False,
    opening: str = "created",
    currency: str | None = None,
    rebuild: bool = False,
    progress: Progress = lambda _: None,
) -> ConnectResult:
    """Brings a billing system's data into a folder that is a source, and checks its balances.

    Args:
        system: `"magnusbilling"`, `"astpp"`, or the folder of a mapping of your own.
        source: The database, such as `"mysql://reader@host/mbilling"`; it is only read.
        files: Instead of a database, the folder of the CSV or Parquet files.
        to: The folder to write. Run again, it gains what is new.
        check: Write nothing, not to `to` either; only read, map and compare balances.
        lists: Read what only lists show, too: names, numbers called, descriptions.
        opening: When balances that nothing recorded explains are dated: `"created"`, a client's
            creation, `"horizon"`, the first entry of all, or `"none"`: they are not booked.
        currency: The currency of all clients (ISO 4217), whatever the system says.
        rebuild: Begin again, as if the folder were new.
        progress: Called with what is being done.

    Returns:
        Counts of tables and inputs, rows that were left out, and differing clients.

    Raises:
        MappingError: The mapping does not fit the system; every fault at once.
        CallError, QueryError: Arguments are missing, wrong, or do not go together.
        SourceError: The database or the folder cannot be read or written.
        DataError: A value is not of the type that the mapping says, or a key repeats.

    >>> from custdyn_widgets.connections.demo import demo_system
    >>> made = connect("magnusbilling", demo_system("demo").path, check=True)
    >>> print(made.differences[0])
    client 5: stored 20.2661, recorded −9.7339, difference 30 USD
    """
    faults = []
    if opening not in OPENINGS:
        faults.append(FieldFault("opening", opening, f"must be {', '.join(OPENINGS)}"))
    if currency is not None and (wrong := no_currency(currency)):
        faults.append(FieldFault("currency", currency, wrong))
    if to is None and not check:
        raise CallError("where to? Give a folder to write (--to), or --check")
    if faults:
        raise QueryError(faults)
    known = load_system(system)
    settings = Settings(known.fingerprint, lists, opening, currency)
    with closing(_opened(source, files)) as origin:
        if check or to is None:
            with tempfile.TemporaryDirectory(prefix="custdyn-") as work:
                return _run(known, origin, Path(work), None, settings, progress)
        folder = Folder(to)
        with folder.writing() as work_folder:
            if not rebuild:
                folder.check()
            before = None if rebuild else folder.manifest
            if before is not None:
                _same_settings(folder, before["settings"], asdict(settings))
            return _run(known, origin, work_folder, folder, settings, progress, before)


def statements_of(
    system: str, source: str | None = None, *, files: str | None = None, lists: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """What `connect` would send to a database: input and SELECTs. Raises what `connect` raises."""
    known = load_system(system)
    with closing(_opened(source, files)) as origin:
        for request in requests_of(known, origin, lists=lists):
            yield request.input, origin.statements(request)


def _opened(source: str | None, files: str | None) -> Origin:
    if (source is None) == (files is None):
        both = (
            "--from or --files, not both" if source else "a database (--from) or a folder (--files)"
        )
        raise CallError(f"what is to be read? Give {both}")
    return open_files(files) if files is not None else open_origin(str(source))


def _run(
    system: System,
    origin: Origin,
    work: Path,
    folder: Folder | None,
    settings: Settings,
    progress: Progress,
    before: dict[str, Any] | None = None,
) -> ConnectResult:
    """Reads, maps and compares; with a folder, writes. `before`: the manifest that it has."""
    requests = requests_of(system, origin, lists=settings.lists)
    moment = origin.moment()
    raw = read_raw(
        requests,
        origin,
        work,
        work if folder is None else folder.raw,
        lists=settings.lists,
        known=(before or {}).get("raw"),
        progress=progress,
    )
    progress("mapping")
    readable = [work] if folder is None else [work, folder.path]
    with closing(locked_engine(work, readable)) as engine:
        mapped = run_mapping(system, raw, engine, lists=settings.lists, currency=settings.currency)
        progress("comparing balances")
        rounding = system.described.rounding
        found = tuple(differences(engine, rounding))
        changes: Changes | None = None
        notes: list[str] = []
        if folder is not None:
            progress("comparing with the ledger")
            snapshot = None if before is None else folder.snapshot
            changes = follow(
                engine,
                folder.parts if snapshot else [],
                moment,
                lists=settings.lists,
                opening=settings.opening,
            )
            if before is not None:
                _same_installation(folder, before, origin, changes, count(engine, "versions"))
            notes = keep_the_gone(engine, snapshot, moment)
        names = [name for name in TABLES if name != "rates" or name in system.selects]
        tables = {name: count(engine, name) for name in names}
        if changes is not None:
            tables["ledger"] = count(engine, "earlier") * bool(before) + count(engine, "additions")
        made = ConnectResult(
            system=system.described.title,
            origin=origin.name,
            moment=moment,
            folder=None if folder is None else str(folder.path),
            tables=tables,
            read={name: raw.rows(name) for name in raw.files},
            used=mapped.used,
            left_out=mapped.left_out,
            differences=found,
            furthest=furthest(engine, rounding),
            balances=count(engine, "stored"),
            changes=changes,
            notes=(*origin.notes, *mapped.notes, *unknown_clients(engine), *notes),
            written=False,
            entries=mapped.entries,
            digit=(rounding * 2).normalize(),
        )
        if folder is None:
            return made
        manifest = _manifest(made, settings, raw)
        if before is not None and not _has_news(engine, folder, names, before, manifest):
            return made
        progress("writing")
        folder.write(engine, work, manifest, names, lists=settings.lists, rebuild=before is None)
        return replace(made, written=True)


def _manifest(made: ConnectResult, settings: Settings, raw: RawSnapshot) -> dict[str, Any]:
    """What the folder says of itself, as JSON gives it back."""
    said = {
        "version": VERSION,
        **made.to_manifest(),
        "settings": asdict(settings),
        "raw": raw.chunks,
    }
    return dict(json.loads(json.dumps(said)))


def _has_news(
    engine: duckdb.DuckDBPyConnection,
    folder: Folder,
    names: list[str],
    before: dict[str, Any],
    manifest: dict[str, Any],
) -> bool:
    """Whether anything but the moment differs from the snapshot in force."""
    if {**manifest, "moment": ""} != {**before, "moment": ""} or count(engine, "additions"):
        return True
    snapshot = folder.snapshot
    for name in names:
        if name == "ledger" or snapshot is None:
            continue
        kept = f"SELECT * FROM {parquet([snapshot / f'{name}.parquet'])}"
        now = f"SELECT * FROM {name}"
        for one, other in ((kept, now), (now, kept)):
            if count(engine, f"({one} EXCEPT ALL {other})"):
                return True
    return False


def _same_installation(
    folder: Folder, before: dict[str, Any], origin: Origin, changes: Changes, entries: int
) -> None:
    """Raises SourceError where what is read is hardly what the folder was made of.

    `entries`: those that the folder has of the source; what was gone before is not asked for.
    """
    known, gone = entries - before["gone"][0], changes.gone - before["gone"][0]
    other = before["origin"] != origin.name
    if known <= 0 or (gone < known and not (other and 2 * gone > known)):
        return
    what = f"{shown(gone)} of its {shown(known)} entries are not in {origin.name}"
    if other:
        what += f": it was made of {before['origin']}"
    remedy = "give another folder, or --rebuild, which forgets what is gone or edited"
    raise SourceError(str(folder.path), what, remedy)


def _same_settings(folder: Folder, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raises SourceError where the folder was made in another way."""
    words = {
        "mapping": "with another mapping",
        "lists": "without --with-lists" if now["lists"] else "with --with-lists",
        "opening": f"with --opening {before['opening']}",
        "currency": f"with --currency {before['currency']}"
        if before["currency"]
        else "without --currency",
    }
    if changed := [words[one] for one in words if before[one] != now[one]]:
        what = f"it was made {' and '.join(changed)}"
        remedy = (
            "do the same, give another folder, or --rebuild, which forgets what is gone or edited"
        )
        raise SourceError(str(folder.path), what, remedy)
