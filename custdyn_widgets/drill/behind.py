"""What a result gives of the clients and entries behind its figures."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from custdyn_widgets.drill.breakdown import Breakdown
from custdyn_widgets.drill.cell import address_of
from custdyn_widgets.drill.drill import Drill
from custdyn_widgets.drill.explain import Explanation, explain
from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.extract.flows import Extract
from custdyn_widgets.report.report import Report
from custdyn_widgets.sources import Source

if TYPE_CHECKING:
    from custdyn_widgets.drill.frames import Exact
    from custdyn_widgets.report.frames import Frame


class Behind:
    """Methods of `Result`. A cell is named as the table, `cells` or a chart name it.

    `block` and `row` as in `cells`, or as the table has them: `Package "Europe 500"`, and
    `Qty (Compared)` for the period compared with. `bucket` is its label, its place, or any
    instant in it: text such as `2025-03`, a date, a datetime, a Timestamp or a Period; a naive one
    is wall-clock time in the report's zone. `package` is the name of one, `side` is `value`, or
    `other` for the period compared with, `part` is `numerator`, or `denominator` of an average.

    The ledger is read again, as of the report. All raise QueryError for what the report does not
    have, NoClients for a figure that is made of none, SourceError, and, of clients and entries,
    SourceChanged where the data no longer adds up to the cell.
    """

    report: Report
    source: Source
    extract: tuple[Extract, ...]

    @cached_property
    def drill(self) -> Drill:
        """What is behind the cells: their clients, and the entries of these."""
        return Drill(self.report, self.extract, self.source)

    def clients(
        self,
        block: str,
        row: str,
        bucket: object,
        *,
        package: str | None = None,
        side: str = "value",
        part: str = "numerator",
        exact: Exact = False,
    ) -> Frame:
        """The clients behind a cell, one line each, the largest first.

        `value` is what each adds: it adds up to the cell, of an average or a rate to its
        numerator or, as `part` says, its denominator (float64, unrounded; 1 for each client or
        entry that is counted). `amount` is in the client's `currency`, NaN where there is no
        money; `entries` how many there are, NaN where the figure is not made of entries. A figure
        that is negative comes with the most negative first.
        `exact`: numbers are decimals, to 18 places where a rate has no end; with `"fractions"`
        also `contribution`, which is `value` as an int or a Fraction.

        >>> from custdyn_widgets import run
        >>> year = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}
        >>> result = run(year, "sample")
        >>> result.clients("Pay As You Go", "Total", "2017-02").value.sum().round(2).item()
        -9347.79
        """
        from custdyn_widgets.drill.frames import clients_frame

        found = self.drill.proven(address_of(self.report, block, row, bucket, package, side))
        return clients_frame(self.drill.clients(found, part), exact=exact)

    def entries(
        self,
        block: str,
        row: str,
        bucket: object,
        *,
        client: str | int | None = None,
        package: str | None = None,
        side: str = "value",
        part: str = "numerator",
        all: bool = False,
        exact: Exact = False,
    ) -> Frame:
        """The ledger entries that add up to a cell: of one client by its id, or of all behind it.

        By client and time (`occurred_at`, in the report's zone). `value` is what each adds, and
        adds up to the cell, as for `clients`; `amount` and the running `balance` after it are in
        the client's currency. `all`: also entries of these clients in the time that add nothing
        (`value` is NaN), so that `balance` can be followed. `exact` as for `clients`. To a figure
        that counts clients no entry adds: QueryError, but with `all`. So is a client that is not
        behind it.
        """
        from custdyn_widgets.drill.frames import entries_frame

        found = self.drill.proven(address_of(self.report, block, row, bucket, package, side))
        chosen = None if client is None else str(client)
        if faults := self._unlisted(found, row, part, chosen, all):
            raise QueryError(faults)
        return entries_frame(self.drill.entries(found, chosen, part), every=all, exact=exact)

    def _unlisted(
        self, found: Breakdown, row: str, part: str, client: str | None, statement: bool
    ) -> list[FieldFault]:
        """Why no entries can be listed."""
        behind = found.sides.get(part)
        if behind is None:
            return []  # it is said with what parts there are
        faults = []
        if behind.counts == "clients" and not statement:
            what = "counts clients, to which no entry adds: see clients(…), or give all=True"
            faults.append(FieldFault("row", row, what))
        if client is not None:
            ids = behind.scope.period.who.ids.take(pa.array(behind.who)).cast(pa.string())
            if client not in ids.to_pylist():
                what = "is not behind this figure: clients(…) lists who is, by client_id"
                faults.append(FieldFault("client", client, what))
        return faults

    def explain(
        self,
        block: str,
        row: str,
        bucket: object,
        *,
        package: str | None = None,
        side: str = "value",
    ) -> Explanation:
        """A cell in words: definition, when, whom, formula with its numbers, what changed.

        Print it, or look at it in a notebook; its `facts` are for programs.
        """
        at = address_of(self.report, block, row, bucket, package, side, changes=True)
        return explain(self.drill, at)

    def balances(self) -> Frame:
        """What each client holds at the end of each bucket: one line a client and bucket.

        Of every client that is there then and passes the filters: `client_id`, `bucket`, its
        `start` and `state`, `currency`, whether the client is `active` and `overall_active`,
        `amount` in its currency and `value` in the report's, unrounded. `value` adds up to
        *Clients - All: Balance*, that of the active ones to *Clients - Active: Balance*.

        >>> from custdyn_widgets import run
        >>> year = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}
        >>> held = run(year, "sample").balances()
        >>> held[held.bucket == "12/2017"].value.sum().round(2).item()
        -9348.15
        """
        from custdyn_widgets.drill.frames import balances_frame

        return balances_frame(self.drill)

    def flows(self) -> Frame:
        """What each client did in each bucket: one line a client, bucket, kind and package.

        Of clients that pass the filters: `client_id`, `bucket`, its `start` and `state`,
        `currency`, `kind` of entry (`other`: any but refills, use and packages), `package` (of
        activations and renewals), how many `entries`, `amount` in the client's currency and
        `value` in the report's, unrounded. `value` of `payg` adds up to *Pay As You Go: Total*,
        of `refill` to *Balance Refill: Total*, and so on; of packages as far as the query's
        package filter lets them. `value` is NaN where the report needed no rate and has none.
        """
        from custdyn_widgets.drill.frames import flows_frame

        return flows_frame(self.drill)
