"""The whole report, each written by hand as a good analyst would: pandas, Polars, DuckDB SQL.

Tuned: amounts as whole numbers, strings as categories, only the columns that are needed, entries
that do not count left out before anything is joined, one row a client and bucket. pandas and
Polars lay the balances out as a client × bucket table; DuckDB runs window functions over the
same grid. None of them checks the data, traces a cell, or keeps anything for a second question.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.bench.cases import CLASSES, HELD, KINDS, PAID, SCALE, Case, Cells, cells


def with_pandas(folder: Path, case: Case) -> Cells:
    """With pandas: group, unstack, cumulate."""
    edges = np.array(case.edges, "datetime64[us]")
    buckets = len(edges) - 1
    table = pq.read_table(
        folder / "ledger.parquet",
        columns=["client_id", "occurred_at", "kind", "amount", "package_id"],
        filters=pc.field("occurred_at") < pa.scalar(case.edges[-1], pa.timestamp("us")),
        read_dictionary=["kind", "package_id"],
    )
    whole = pc.round(pc.multiply(table["amount"].cast(pa.float64()), SCALE)).cast(pa.int64())
    ledger = table.set_column(3, "amount", whole).to_pandas()
    del table, whole
    clients = pd.read_parquet(
        folder / "clients.parquet", columns=["client_id", "currency", "created_at"]
    )
    if case.chosen:
        having = ledger.loc[ledger["package_id"].isin(case.chosen), "client_id"].unique()
        clients = clients[clients["client_id"].isin(having)]
        ledger = ledger[ledger["client_id"].isin(having)]
    currency = clients.set_index("client_id")["currency"].astype("category")
    ledger["bucket"] = np.searchsorted(edges, ledger["occurred_at"].to_numpy(), side="right")
    paid = ledger[ledger["kind"].isin(PAID) & (ledger["amount"] < 0)]
    grid = range(buckets + 1)

    def laid_out(values: Any) -> pd.DataFrame:
        table: pd.DataFrame = values.unstack().reindex(index=currency.index, columns=grid)
        return table

    moved = laid_out(ledger.groupby(["client_id", "bucket"])["amount"].sum())
    last = laid_out(paid.groupby(["client_id", "bucket"])["occurred_at"].max())
    entered = moved.notna().cummax(axis=1).to_numpy()
    balance = moved.fillna(0).cumsum(axis=1).to_numpy().astype(np.int64)
    used = last.ffill(axis=1).to_numpy().astype("datetime64[us]")
    del moved, last, paid
    created = clients["created_at"].to_numpy().astype("datetime64[us]")
    since = np.array(case.active_from, "datetime64[us]")
    codes = currency.cat.codes.to_numpy()
    held: list[dict[str, Any]] = []
    for bucket in range(buckets):
        own, paid_at = balance[:, bucket + 1], used[:, bucket + 1]
        there = entered[:, bucket + 1] | (created < edges[bucket + 1])
        overall = there & ~np.isnat(paid_at)
        for place, members in enumerate((overall & (paid_at >= since[bucket]), overall, there)):
            frame = pd.DataFrame({"currency": codes[members], "amount": own[members]})
            frame["pos"], frame["neg"] = (
                frame["amount"].clip(lower=0),
                frame["amount"].clip(upper=0),
            )
            frame["npos"], frame["nneg"] = frame["amount"] > 0, frame["amount"] < 0
            sums = frame.groupby("currency").agg(
                qty=("amount", "size"),
                npos=("npos", "sum"),
                nneg=("nneg", "sum"),
                pos=("pos", "sum"),
                neg=("neg", "sum"),
            )
            for code in sums.index:
                name = currency.cat.categories[code]
                told = dict(zip(HELD, sums.loc[code].tolist(), strict=True))
                held.append({"currency": name, "bucket": bucket, "class": place, **told})
    inside = ledger[(ledger["bucket"] > 0) & ledger["kind"].isin(KINDS)]
    if case.chosen:
        packaged = inside["kind"].isin(KINDS[2:])
        inside = inside[~packaged | inside["package_id"].isin(case.chosen)]
    joined = inside.assign(currency=currency.reindex(inside["client_id"]).to_numpy())
    flows = (
        joined.groupby(["currency", "bucket", "kind"], observed=True)["amount"]
        .agg(["size", "sum"])
        .reset_index()
        .rename(columns={"size": "entries", "sum": "amount"})
    )
    flows["bucket"] -= 1
    return cells(held, flows.to_dict("records"), buckets)


def with_polars(folder: Path, case: Case) -> Cells:
    """With Polars: a lazy scan, a grid of clients and buckets, sums over each client."""
    buckets = len(case.edges) - 1
    ledger = pl.scan_parquet(folder / "ledger.parquet").filter(
        pl.col("occurred_at") < case.edges[-1]
    )
    clients = pl.scan_parquet(folder / "clients.parquet").select(
        "client_id", "currency", "created_at"
    )
    if case.chosen:
        having = ledger.filter(pl.col("package_id").is_in(case.chosen)).select("client_id").unique()
        clients = clients.join(having, on="client_id", how="semi")
        ledger = ledger.join(having, on="client_id", how="semi")
    edges = pl.Series(case.edges).cast(pl.Datetime("us"))
    amount = (pl.col("amount") * SCALE).cast(pl.Int64)
    entries = ledger.select(
        "client_id",
        "kind",
        "package_id",
        "occurred_at",
        amount=amount,
        bucket=pl.lit(edges).search_sorted(pl.col("occurred_at"), side="right").cast(pl.Int16),
    )
    paid = pl.col("kind").is_in(list(PAID)) & (pl.col("amount") < 0)
    moved = entries.group_by("client_id", "bucket").agg(
        moved=pl.col("amount").sum(), paid=pl.col("occurred_at").filter(paid).max()
    )
    numbers = pl.LazyFrame({"bucket": list(range(buckets + 1))}, schema={"bucket": pl.Int16})
    since = pl.LazyFrame(
        {
            "bucket": list(range(1, buckets + 1)),
            "since": case.active_from,
            "ends": case.edges[1:],
        },
        schema={"bucket": pl.Int16, "since": pl.Datetime("us"), "ends": pl.Datetime("us")},
    )
    grid = (
        clients.join(numbers, how="cross")
        .join(moved, on=["client_id", "bucket"], how="left")
        .sort("client_id", "bucket")
        .with_columns(
            balance=pl.col("moved").fill_null(0).cum_sum().over("client_id"),
            entered=pl.col("moved").is_not_null().cum_max().over("client_id"),
            paid=pl.col("paid").forward_fill().over("client_id"),
        )
        .join(since, on="bucket")
    )
    there = pl.col("entered") | (pl.col("created_at") < pl.col("ends"))
    overall = there & pl.col("paid").is_not_null()
    own = pl.col("balance")
    sums = []
    for place, members in enumerate(
        (overall & (pl.col("paid") >= pl.col("since")), overall, there)
    ):
        among = own.filter(members)
        sums += [
            among.len().alias(f"qty_{place}"),
            (among > 0).sum().alias(f"npos_{place}"),
            (among < 0).sum().alias(f"nneg_{place}"),
            among.clip(lower_bound=0).sum().alias(f"pos_{place}"),
            among.clip(upper_bound=0).sum().alias(f"neg_{place}"),
        ]
    wide = grid.group_by("currency", "bucket").agg(sums).collect().to_dicts()
    counts = pl.col("kind").is_in(list(KINDS))
    if case.chosen:
        packaged = pl.col("kind").is_in(list(KINDS[2:]))
        counts = counts & (~packaged | pl.col("package_id").is_in(case.chosen))
    flows = (
        entries.filter((pl.col("bucket") > 0) & counts)
        .join(clients, on="client_id")
        .group_by("currency", "bucket", "kind")
        .agg(entries=pl.len(), amount=pl.col("amount").sum())
        .with_columns(bucket=pl.col("bucket") - 1)
        .collect()
        .to_dicts()
    )
    return cells(_told(wide), flows, buckets)


def with_duckdb(folder: Path, case: Case) -> Cells:
    """With SQL: one grid of clients and buckets, window functions over each client."""
    edges = ", ".join(
        f"({number}, timestamp '{start}', timestamp '{end}', timestamp '{since}')"
        for number, (start, end, since) in enumerate(
            zip(case.edges, case.edges[1:], case.active_from, strict=False), start=1
        )
    )
    listed = ", ".join(f"'{name}'" for name in case.chosen)
    having = f"""where client_id in (select client_id from '{folder}/ledger.parquet'
        where package_id in ({listed}) and occurred_at < timestamp '{case.edges[-1]}')"""
    only = f"and (kind not in {KINDS[2:]} or package_id in ({listed}))" if case.chosen else ""
    sums = ", ".join(
        f"count(*) filter ({members}) qty_{place}, "
        f"count(*) filter ({members} and balance > 0) npos_{place}, "
        f"count(*) filter ({members} and balance < 0) nneg_{place}, "
        f"sum(greatest(balance, 0)) filter ({members}) pos_{place}, "
        f"sum(least(balance, 0)) filter ({members}) neg_{place}"
        for place, members in enumerate(
            ("there and paid >= since", "there and paid is not null", "there")
        )
    )
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create table buckets as from (values {edges}) t(bucket, a, b, since)")
        connection.execute(
            f"""create table clients as select client_id, currency, created_at
            from '{folder}/clients.parquet' {having if case.chosen else ""}"""
        )
        connection.execute(
            f"""create view entries as select l.*, coalesce(t.bucket, 0) as bucket,
            (amount * {SCALE})::bigint as whole from '{folder}/ledger.parquet' l
            asof left join buckets t on l.occurred_at >= t.a
            where l.occurred_at < timestamp '{case.edges[-1]}'"""
        )
        connection.execute(
            f"""create table moved as select client_id, bucket, sum(whole)::bigint as moved,
            max(occurred_at) filter (kind in {PAID} and amount < 0) as paid
            from entries group by all"""
        )
        wide = connection.execute(
            f"""with grid as (
              select client_id, currency, created_at, bucket,
                sum(coalesce(moved, 0)) over own as balance,
                count(moved) over own > 0 as entered, max(paid) over own as paid
              from clients cross join (select unnest(range({len(case.edges)})) as bucket)
              left join moved using (client_id, bucket)
              window own as (partition by client_id order by bucket)
            ), standing as (
              select *, entered or created_at < b as there from grid join buckets using (bucket)
            ) select currency, bucket, {sums} from standing group by all"""
        ).to_arrow_table()
        flows = connection.execute(
            f"""select currency, bucket - 1 as bucket, kind, count(*) as entries,
            sum(whole) as amount from entries join clients using (client_id)
            where bucket > 0 and kind in {KINDS} {only} group by all"""
        ).to_arrow_table()
    return cells(_told(wide.to_pylist()), flows.to_pylist(), len(case.edges) - 1)


def _told(wide: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by currency, bucket and class from rows with a column for each class."""
    return [
        {
            "currency": row["currency"],
            "bucket": row["bucket"] - 1,
            "class": place,
            **{column: row[f"{column}_{place}"] for column in HELD},
        }
        for row in wide
        for place in range(len(CLASSES))
        if row["bucket"] > 0
    ]


PEERS: dict[str, Callable[[Path, Case], Cells]] = {
    "pandas": with_pandas,
    "Polars": with_polars,
    "DuckDB SQL": with_duckdb,
}
