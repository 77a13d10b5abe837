"""The wheel carries everything: installed elsewhere it reports and serves the page."""

from __future__ import annotations

import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.browser.drive import free_port, serving

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
        "serve/voila.json",
        "serve/share/jupyter/voila/templates/custdyn/index.html.j2",
        "serve/share/jupyter/voila/templates/custdyn/conf.json",
        "ui/static/table.js",
        "ui/static/dom.js",
        "ui/static/picker.js",
        "ui/static/app.css",
        "views/table.css",
        "sources/sample/ledger.csv",
        "py.typed",
    ):
        assert f"custdyn_widgets/{part}" in names


@pytest.mark.long
def test_installed_elsewhere_it_reports_and_serves_the_page(wheel: Path, tmp_path: Path) -> None:
    """A virtual environment of its own, with this one's libraries and no checkout in sight."""
    place = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    site = next(place.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)  # a wheel is installed by unpacking it
    libraries = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
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
    assert b"Clients - Active" in made.stdout
    port = free_port()
    command = [python, "-m", "custdyn_widgets.cli", "app", "--source", "sample"]
    # Voilà's own templates lie beside its libraries
    shared = f"{sys.prefix}/share/jupyter"
    log = tmp_path / "voila.log"
    with serving([*command, f"--port={port}"], port, log, JUPYTER_PATH=shared) as address:
        html = urlopen(address, timeout=60).read().decode()  # noqa: S310 our own address
        assert "custdyn" in html or "voila" in html
        assert "jsdelivr" not in html  # the template of our own is there


def test_the_server_takes_voila_with_it_when_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "custdyn_widgets.cli", "app", f"--port={port}"]
    with serving([*command, "--source", "sample"], port, tmp_path / "voila.log"):
        pass
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))  # nobody is left behind on it


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "custdyn_widgets.cli",
                "app",
                f"--port={taken.getsockname()[1]}",
            ],
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 2
    assert b"is taken; choose another --port" in ended.stderr
