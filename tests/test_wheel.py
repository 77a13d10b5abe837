"""The wheel carries everything: installed elsewhere it reports and serves the page."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from .browser.drive import free_port, serving

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(folder), "."]
    subprocess.run(command, cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


def test_it_carries_notebook_template_scripts_styles_and_sample(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        "notebooks/customer_dynamics.ipynb",
        "voila/voila.json",
        "voila/share/jupyter/voila/templates/custdyn/index.html.j2",
        "voila/share/jupyter/voila/templates/custdyn/conf.json",
        "ui/static/table.js",
        "ui/static/download.js",
        "ui/static/app.css",
        "views/table.css",
        "sources/sample/ledger.csv",
        "py.typed",
    ):
        assert f"custdyn_widgets/{part}" in names


def test_installed_elsewhere_it_reports_and_serves_the_page(wheel: Path, tmp_path: Path) -> None:
    """A virtual environment of its own, with this one's libraries and no checkout in sight."""
    place = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    site = next(place.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)  # a wheel is installed by unpacking it
    libraries = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (site / "libraries.pth").write_text(
        "".join(f"{libraries}\n" for _ in range(1)), encoding="utf-8"
    )
    python = str(place / "bin" / "python")
    where = subprocess.run(
        [python, "-c", "import custdyn_widgets; print(custdyn_widgets.__file__)"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert str(site) in where.stdout.decode()
    (tmp_path / "q.toml").write_text('period = "last_year"\ncurrency = "USD"\n')
    made = subprocess.run(
        [python, "-m", "custdyn_widgets.cli", "report", "--source", "sample", "--query", "q.toml"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert b"<table" in made.stdout
    port = free_port()
    command = [python, "-m", "custdyn_widgets.cli", "app", "--source", "sample"]
    with serving([*command, f"--port={port}"], port, tmp_path / "voila.log") as address:
        html = urlopen(address).read().decode()  # noqa: S310 our own address
        assert "custdyn" in html or "voila" in html
        assert "jsdelivr" not in html  # the template of our own is there
