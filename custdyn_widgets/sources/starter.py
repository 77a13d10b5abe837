"""A source to begin with: every table with two example rows, and what its columns mean."""

from __future__ import annotations

from custdyn_widgets.model.schema import CLIENT_TYPES, NAMED_KINDS, TABLES, Column, Reads

ROWS = {
    "clients": (
        "1,Ana Silva,client,EUR,2026-01-05,2,",
        "2,Reseller Ltd,reseller,USD,2026-01-02 09:30:00,,",
    ),
    "client_tags": ("1,prepaid", "1,newsletter"),
    "packages": (
        "gold,Gold,500 minutes,1",
        "year,Gold for a year,,12",
    ),
    "ledger": (
        "1,1,2026-01-05 10:00:00,refill,20.00,,2026-01-05 10:00:02,,,,,bank transfer",
        "2,1,2026-01-06 18:21:07,payg,-0.1250,,,voice,orig,351210000000,3.5,",
    ),
    "rates": ("EUR,2026-01-01,1", "USD,2026-01-01,0.85"),
}
"""Two rows of each table, in the order of its columns."""
WORDS = {
    "client_id": "the client's number or code, the same in every table",
    "name": "a name",
    "type": f"one of {', '.join(CLIENT_TYPES)}",
    "currency": "the code of ISO 4217, such as EUR",
    "created_at": "since when there is this client",
    "owner_id": "the client_id of the reseller, or a code of yours",
    "closed_at": "until when there was this client; empty while there is",
    "tag": "a label; as many rows as the client has tags",
    "package_id": "the package",
    "description": "what you like",
    "period_months": "how many months one activation or renewal lasts",
    "entry_id": "the number or code of this entry; none occurs twice",
    "occurred_at": "when it happened",
    "kind": f"{', '.join(NAMED_KINDS)}, or a word of yours for what else moves the balance",
    "amount": "in the client's currency: what is charged is negative, what is refilled positive",
    "recorded_at": "when your system wrote it",
    "service": "such as voice or sms",
    "direction": "orig, or term for traffic that the client is paid for",
    "destination": "such as the number that was called",
    "quantity": "such as minutes",
    "valid_from": "the first day of this rate",
    "rate": "how much of your base currency one unit is worth; 1 for the base",
}
"""What the columns mean."""
READS = {
    Reads.ID: "text or a whole number",
    Reads.TEXT: "text",
    Reads.INSTANT: "2026-01-31 23:59:59 in UTC, or with an offset: 2026-01-31T23:59:59+02:00",
    Reads.DATE: "2026-01-31",
    Reads.WHOLE: "12",
    Reads.AMOUNT: "-1234.56, up to 12 decimals",
    Reads.NUMBER: "1234.56",
}
"""How a column is written."""


def starter_files() -> dict[str, str]:
    """Name → text: the tables as CSV, and README.md."""
    made = {
        f"{name}.csv": "\n".join((",".join(c.name for c in TABLES[name].columns), *rows, ""))
        for name, rows in ROWS.items()
    }
    return {**made, "README.md": readme()}


def readme() -> str:
    """The tables and their columns in words."""
    parts = [
        "# A source for custdyn\n\n"
        "Each file is a table. Replace the example rows by yours; a file that is not needed can "
        "go, but for clients.csv and ledger.csv, and so can a column without a star.\n\n"
        "Save as CSV in UTF-8 (Excel: *Save As*, *CSV UTF-8*). Semicolons and decimal commas are "
        "read, too. Parquet files of these names do as well.\n\n"
        "    custdyn check --source .      what is in it, and what is wrong\n"
        "    custdyn report --source .     this year by month\n"
        "    custdyn app --source . --open the page\n"
    ]
    for table in TABLES.values():
        star = " *" if table.required else ""
        lines = "".join(_line(column) for column in table.columns)
        parts.append(
            f"\n## {table.name}{star}\n\n| column | what | written |\n|---|---|---|\n{lines}"
        )
    return "".join(parts)


def _line(column: Column) -> str:
    star = " *" if column.required else ""
    return f"| `{column.name}`{star} | {WORDS[column.name]} | {READS[column.reads]} |\n"
