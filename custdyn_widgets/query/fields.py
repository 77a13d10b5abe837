"""Query fields: labels, meanings (the tooltips of the form) and choices; the page's views."""

from __future__ import annotations

from dataclasses import dataclass

from custdyn_widgets.model.schema import CLIENT_TYPES
from custdyn_widgets.words import tr


@dataclass(frozen=True)
class FieldDefinition:
    """A field of a query: its label on the form and its meaning."""

    label: str
    description: str


TIME_UNITS = {"year": tr("Year"), "month": tr("Month"), "date": tr("Date")}
"""Time units of Group By, coarsest first."""
GROUPS = {**TIME_UNITS, "package": tr("Package Name")}
GROUPS_BY_KIND = {tr("Time"): tuple(TIME_UNITS), tr("Package"): ("package",)}
FILTERS_BY_KIND = {tr("By clients"): ("client_tags", "owner"), tr("Extras"): ("package",)}
"""The additional filters, as the page groups them."""
TYPE_CHOICES = {**{key: tr(label) for key, label in CLIENT_TYPES.items()}, "all": tr("All")}
RATE_POLICIES = {"historical": tr("Historical"), "current": tr("Current")}
OPTIONAL_BLOCKS = {
    "bridge": tr("Bridge"),
    "movements": tr("Movements"),
    "sensitivity": tr("Sensitivity"),
}
COMPARISONS = {"previous_period": tr("Previous Period"), "previous_year": tr("Previous Year")}
OUTPUT_TYPES = {"web": tr("Web"), "csv": "CSV", "xls": "Excel XLS", "xlsx": "Excel XLSx"}
MAX_ACTIVE_MONTHS = 120
FIELDS = {
    "period": FieldDefinition(
        tr("Period"),
        tr("A preset, or two wall-clock instants to the second, both inclusive. Mandatory."),
    ),
    "timezone": FieldDefinition(tr("Time Zone"), tr("The zone of days, months and presets.")),
    "client_type": FieldDefinition(tr("Client Type"), tr("Clients of this type, or of all four.")),
    "client_tags": FieldDefinition(tr("Client Tags"), tr("Clients that carry any of these tags.")),
    "owner": FieldDefinition(tr("Owner"), tr("Clients that belong to any of these owners.")),
    "owner_tree": FieldDefinition(
        tr("with sub-resellers"), tr("Also clients of owners below these, at any depth.")
    ),
    "package": FieldDefinition(
        tr("Package"), tr("Clients with any entry of these packages before the period's end.")
    ),
    "group_by": FieldDefinition(
        tr("Group By"), tr("Time unit of the columns; Package Name adds a block for each package.")
    ),
    "currency": FieldDefinition(tr("Currency"), tr("Every money value is converted to it.")),
    "active_duration": FieldDefinition(
        tr("Active Duration"), tr("Months, 0 to 120, in which a paid use makes a client active.")
    ),
    "rate_policy": FieldDefinition(
        tr("Rate Policy"), tr("Rates of each entry's date, or the newest for everything.")
    ),
    "blocks": FieldDefinition(tr("Blocks"), tr("Optional blocks of rows.")),
    "compare": FieldDefinition(tr("Compare"), tr("A second period, shown next to the first.")),
    "rows": FieldDefinition(tr("My Rows"), tr("Rows of one's own, see docs/own-rows.md.")),
    "output.type": FieldDefinition(tr("Type"), tr("Shown here, or as a file.")),
    "output.send_to": FieldDefinition(tr("Send to"), tr("E-mail addresses; only with files.")),
}
"""Every field of a query, by its path."""
SPLITS = {"client": tr("Client"), "service": tr("Service"), "destination": tr("Destination")}
"""What the Orig-Term report can be split by."""
REPORT, CDRS, ORIG_TERM = "report", "cdrs", "orig-term"
VIEWS = {REPORT: tr("Customer Dynamics"), CDRS: tr("CDRs list"), ORIG_TERM: tr("Orig-Term report")}
"""What the page shows for the same criteria."""
WITHOUT_MEANING = {
    REPORT: (),
    CDRS: ("group_by", "active_duration", "compare", "blocks", "rows"),
    ORIG_TERM: ("active_duration", "compare", "blocks", "rows"),
}
"""Fields of the query that have no meaning in a view."""
