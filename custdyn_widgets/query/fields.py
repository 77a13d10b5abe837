"""Query fields: labels, meanings and choices; the views of the page."""

from __future__ import annotations

from dataclasses import dataclass

from custdyn_widgets.model.schema import CLIENT_TYPES


@dataclass(frozen=True)
class FieldDefinition:
    """A field of a query: its label on the form and its meaning."""

    label: str
    description: str


PRESETS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "this_week": "This Week",
    "last_week": "Last Week",
    "this_month": "This Month",
    "last_month": "Last Month",
    "this_quarter": "This Quarter",
    "last_quarter": "Last Quarter",
    "this_year": "This Year",
    "last_year": "Last Year",
    "last_7_days": "Last 7 Days",
    "last_30_days": "Last 30 Days",
    "last_12_months": "Last 12 Months",
}
TIME_UNITS = {"year": "Year", "month": "Month", "date": "Date"}
"""Time units of Group By, coarsest first."""
GROUPS = {**TIME_UNITS, "package": "Package Name"}
GROUPS_BY_KIND = {"Time": tuple(TIME_UNITS), "Package": ("package",)}
FILTERS_BY_KIND = {"By clients": ("client_tags", "owner"), "Extras": ("package",)}
"""The additional filters, as the page groups them."""
TYPE_CHOICES = {**CLIENT_TYPES, "all": "All"}
RATE_POLICIES = {"historical": "Historical", "current": "Current"}
OPTIONAL_BLOCKS = {"bridge": "Bridge", "movements": "Movements", "sensitivity": "Sensitivity"}
COMPARISONS = {"previous_period": "Previous Period", "previous_year": "Previous Year"}
OUTPUT_TYPES = {"web": "Web", "csv": "CSV", "xls": "Excel XLS", "xlsx": "Excel XLSx"}
MAX_ACTIVE_MONTHS = 120
FIELDS = {
    "period": FieldDefinition(
        "Period", "A preset, or two wall-clock instants to the second, both inclusive. Mandatory."
    ),
    "timezone": FieldDefinition("Time Zone", "The zone of days, months and presets."),
    "client_type": FieldDefinition("Client Type", "Clients of this type, or of all four."),
    "client_tags": FieldDefinition("Client Tags", "Clients that carry any of these tags."),
    "owner": FieldDefinition("Owner", "Clients that belong to any of these owners."),
    "owner_tree": FieldDefinition(
        "with sub-resellers", "Also clients of owners below these, at any depth."
    ),
    "package": FieldDefinition(
        "Package", "Clients with any entry of these packages before the period's end."
    ),
    "group_by": FieldDefinition(
        "Group By", "Time unit of the columns; Package Name adds a block for each package."
    ),
    "currency": FieldDefinition("Currency", "Every money value is converted to it."),
    "active_duration": FieldDefinition(
        "Active Duration", "Months, 0 to 120, in which a paid use makes a client active."
    ),
    "rate_policy": FieldDefinition(
        "Rate Policy", "Rates of each entry's date, or the newest for everything."
    ),
    "blocks": FieldDefinition("Blocks", "Optional blocks of rows."),
    "compare": FieldDefinition("Compare", "A second period, shown beside the first."),
    "rows": FieldDefinition("My Rows", "Rows of one's own, see docs/own-rows.md."),
    "output.type": FieldDefinition("Type", "Shown here, or as a file."),
    "output.send_to": FieldDefinition("Send to", "E-mail addresses; only with files."),
}
"""Every field of a query, by its path."""
SPLITS = {"client": "Client", "service": "Service", "destination": "Destination"}
"""What the Orig-Term report can be split by."""
REPORT, CDRS, ORIG_TERM = "report", "cdrs", "orig-term"
VIEWS = {REPORT: "Customer Dynamics", CDRS: "CDRs list", ORIG_TERM: "Orig-Term report"}
"""What the page shows for the same criteria."""
WITHOUT_MEANING = {
    REPORT: (),
    CDRS: ("group_by", "active_duration", "compare", "blocks", "rows"),
    ORIG_TERM: ("active_duration", "compare", "blocks", "rows"),
}
"""Fields of the query that have no meaning in a view."""
