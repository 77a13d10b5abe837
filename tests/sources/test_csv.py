"""CSV files: separators, decimal commas, nameless columns, and what is said while one is read."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from custdyn_widgets import Result, open_source, run, run_cdrs
from custdyn_widgets.cli import main
from custdyn_widgets.errors import Cancelled, DataError
from custdyn_widgets.model.definitions import BALANCE_REFILL, PAY_AS_YOU_GO
from custdyn_widgets.views.progress import line
from tests.conftest import AS_OF
from tests.support.small import notes, values

Q1 = {"period": {"from": "2024-01-01", "to": "2024-03-31"}, "currency": "EUR"}
HEAD = "entry_id,client_id,occurred_at,kind,amount,quantity"
CLIENT = "client_id,name,type,currency,created_at\n1,One,client,EUR,2024-01-01\n"


def folder(place: Path, ledger: str, clients: str = CLIENT) -> Path:
    (place / "clients.csv").write_text(clients)
    (place / "ledger.csv").write_text(ledger)
    return place


def report(place: Path) -> Result:
    return run(Q1, place, as_of=AS_OF)


@pytest.mark.parametrize(("separator", "words"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_header_without_a_comma_says_what_separates(
    separator: str, words: str, tmp_path: Path
) -> None:
    text = f"{HEAD}\n1,1,2024-01-02,refill,20.50,\n2,1,2024-01-03,payg,-1.25,60.5\n"
    turned = text.replace(",", separator).replace(".", ",")
    made = report(folder(tmp_path, turned, CLIENT.replace(",", separator)))
    assert values(made, BALANCE_REFILL, "Total")[0] == "20.50"
    assert f"ledger.csv is separated by {words}; numbers have decimal commas" in notes(made)
    assert f"clients.csv is separated by {words}" in notes(made)
    listed = run_cdrs(Q1, tmp_path, as_of=AS_OF)
    assert listed.frame(exact=True)["quantity"].tolist() == [Decimal("60.5")]
    points = report(folder(tmp_path, text.replace(",", separator)))
    assert values(points, PAY_AS_YOU_GO, "Total")[0] == "-1.25"
    assert f"ledger.csv is separated by {words}\n" in f"{notes(points)}\n"


def test_whole_numbers_may_stand_among_decimal_commas(tmp_path: Path) -> None:
    rows = "1;1;2024-01-02;refill;20;7\n2;1;2024-01-02;refill;0,5;\n"
    made = report(folder(tmp_path, HEAD.replace(",", ";") + "\n" + rows))
    assert values(made, BALANCE_REFILL, "Total")[0] == "20.50"


def test_commas_that_may_group_thousands_are_refused_with_both_readings(tmp_path: Path) -> None:
    rows = "1;1;2024-01-02;refill;1,250;\n2;1;2024-01-02;refill;2;\n"
    with pytest.raises(DataError, match=r"ledger.amount: 1,250 may be 1.250 or 1250"):
        report(folder(tmp_path, HEAD.replace(",", ";") + "\n" + rows))


def test_what_is_no_number_says_nothing_of_the_commas(tmp_path: Path) -> None:
    head = HEAD.replace(",", ";")
    rows = "1;1;2024-01-02;refill;{};n,a\n2;1;2024-01-02;refill;{};approx.\n"
    with pytest.raises(DataError, match=r"ledger.amount: 1,250 may be 1.250 or 1250"):
        report(folder(tmp_path, f"{head}\n{rows.format('1,250', '2,500')}"))
    made = report(folder(tmp_path, f"{head}\n{rows.format('1,25', '2,5')}"))
    assert values(made, BALANCE_REFILL, "Total")[0] == "3.75"


def test_headers_that_differ_in_case_only_and_a_second_mark(tmp_path: Path) -> None:
    rows = "1,1,2024-01-02,refill,5,,9,x,X\n"
    made = report(folder(tmp_path, f"\ufeff\ufeff{HEAD},Amount,x,X\n{rows}"))
    assert values(made, BALANCE_REFILL, "Total")[0] == "5.00"


def test_commas_and_points_together_are_no_numbers(tmp_path: Path) -> None:
    rows = '1;1;2024-01-02;refill;"1,25";\n2;1;2024-01-02;refill;2.5;\n'
    with pytest.raises(DataError, match=r"ledger.amount: not a number in 1 row \(1\)"):
        report(folder(tmp_path, HEAD.replace(",", ";") + "\n" + rows))
    with pytest.raises(DataError, match=r"ledger.amount: not a number in 1 row \(1\)"):
        report(folder(tmp_path, f'{HEAD}\n1,1,2024-01-02,refill,"1,25",\n'))


def test_nameless_columns_and_blank_lines_at_the_end_do_not_matter(tmp_path: Path) -> None:
    made = report(folder(tmp_path, f"{HEAD},,\n1,1,2024-01-02,refill,5,,x,\n\n\n"))
    assert values(made, BALANCE_REFILL, "Total")[0] == "5.00"


def test_a_report_does_not_need_what_only_lists_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder(tmp_path, f"{HEAD}\n1,1,2024-01-02,payg,-5,many\n2,1,2024-01-02,payg,-5,3\n")
    for _ in range(2):  # read, then kept
        assert values(report(place), PAY_AS_YOU_GO, "Total")[0] == "-10.00"
        with pytest.raises(DataError, match=r"ledger.quantity: not a number in 1 row \(1\)"):
            run_cdrs(Q1, place, as_of=AS_OF)
        assert main(["check", "--source", str(place)]) == 1
        assert "ledger.quantity: not a number in 1 row (1)" in capsys.readouterr().out
        time.sleep(0.3)


def test_a_fault_in_what_a_report_uses_names_the_others_too(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ledger.amount: not a number.*ledger.quantity: not a"):
        report(folder(tmp_path, f"{HEAD}\n1,1,2024-01-02,payg,five,many\n"))


def test_a_large_file_says_how_much_of_it_is_read_and_is_cancelled(tmp_path: Path) -> None:
    rows = "".join(f"{one},1,2024-01-02,payg,-0.000{one},1e2\n" for one in range(300_000))
    source = open_source(folder(tmp_path, f"{HEAD}\n{rows}"), cache=False)
    raised: list[Exception] = []

    def work() -> None:
        try:
            run(Q1, source, as_of=AS_OF)
        except Cancelled as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    said: list[str] = []
    while thread.is_alive() and not (said and said[-1].startswith("reading ledger.csv: ")):
        words, share = source.doing("opening the source")
        said.append(line(words, 2, share))
    source.interrupt()
    thread.join()
    size = (tmp_path / "ledger.csv").stat().st_size / 1e6
    assert f" of {size:.0f} MB …" in said[-1]
    assert raised
    assert source.doing("waiting")[0] == "waiting"
