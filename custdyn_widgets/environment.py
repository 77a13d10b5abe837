"""Every environment variable that this package reads."""

from __future__ import annotations

import os

SOURCE_VARIABLE = "CUSTDYN_SOURCE"
PAGE_VARIABLE = "CUSTDYN_PAGE"
MEMORY_VARIABLE = "CUSTDYN_MEMORY"
CACHE_VARIABLE = "CUSTDYN_CACHE"
STORE_VARIABLE = "CUSTDYN_STORE"
USER_VARIABLE = "CUSTDYN_USER"
FORWARDED_USER_VARIABLE = "HTTP_X_FORWARDED_USER"
KEEP_DAYS_VARIABLE = "CUSTDYN_KEEP_DAYS"
KEEP_RUNS_VARIABLE = "CUSTDYN_KEEP_RUNS"
LOG_VARIABLE = "CUSTDYN_LOG"
LANGUAGE_VARIABLE = "CUSTDYN_LANGUAGE"
SMTP_PREFIX = "CUSTDYN_SMTP_"
SMTP_FILE_VARIABLE = f"{SMTP_PREFIX}FILE"
QUERY_STRING_VARIABLE = "QUERY_STRING"
PREHEAT_VARIABLE = "VOILA_PREHEAT"
JUPYTER_PATH_VARIABLE = "JUPYTER_PATH"
SERVER_VARIABLE = "SERVER_SOFTWARE"
EDITOR_VARIABLE = "VSCODE_PID"

VARIABLES = {
    SOURCE_VARIABLE: "Source that `CustomerDynamics()` opens where it is given none; else the demo",
    PAGE_VARIABLE: "Address of the page, in links that are copied from a notebook or sent by mail",
    MEMORY_VARIABLE: "Memory that reports may take, such as `2G`; else a quarter of the machine's",
    CACHE_VARIABLE: "Bytes of CSV and SQLite tables that are kept as Parquet for the next process, "
    "such as `2G`; 0 for none; else 10 GB or a tenth of the free disk, whichever is less",
    STORE_VARIABLE: "Path of an SQLite file, or a database URL, for templates, mails and archive",
    USER_VARIABLE: "Name of the user in the store; else the name in the system",
    FORWARDED_USER_VARIABLE: "User name that a proxy passes on; `CUSTDYN_USER` comes first",
    KEEP_DAYS_VARIABLE: "Days that a sent report is kept in the archive (400); 0 keeps all",
    KEEP_RUNS_VARIABLE: "How many reports of each template are kept: the newest (100); 0 keeps all",
    LOG_VARIABLE: "`debug` writes the details of internal errors to standard error",
    LANGUAGE_VARIABLE: "Language of page, notes, mails and files: the name of a translation in "
    "`custdyn_widgets/words`, or the path of a `.po` file; else English",
    SMTP_FILE_VARIABLE: "TOML file, readable by its owner only, with the settings of mail",
    f"{SMTP_PREFIX}…": "Settings of mail, each by its name, such as `CUSTDYN_SMTP_HOST`",
    QUERY_STRING_VARIABLE: "The query of the page's address; set by Voilà for its kernels",
    PREHEAT_VARIABLE: "`True` in a kernel that waits for its reader; set by Voilà",
    SERVER_VARIABLE: "The server of the page; set by Voilà for its kernels",
    EDITOR_VARIABLE: "Set by VS Code, which keeps the figures of a notebook in its own way",
    JUPYTER_PATH_VARIABLE: "Where Jupyter looks for templates; the page's own is put before it",
}
"""Each variable, and what it sets."""


def user_name() -> str:
    """The user's name that the environment gives; empty where it gives none."""
    return os.environ.get(USER_VARIABLE) or os.environ.get(FORWARDED_USER_VARIABLE) or ""
