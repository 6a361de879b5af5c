"""How long the static site of one run of many models takes, how large it is, and how quickly a browser filters it.

    python benchmarks/site_large.py [--models 60] [--run DIR] [--keep DIR]

The whole contract is run against a mock gateway that drops the parameter n, on as many models, a third of each provider.  That
takes minutes, so `--keep` leaves the run in a directory and `--run` takes it from there.  `conformance site` is then started as
a process of its own and timed from start to exit.  The browser needs the Python package playwright and a Chromium; without them
its figures are left out.

How to read it: for 60 models `seconds` is to stay under 40, `site` under 80 MB and `largest page` under 1 MB.  `CPU` tells the
same on a machine that has other work to do.  `opened` is the time from the address of the matrix to a page that can be filtered,
`filtered` the time from there until the page shows the cells that deviate and nothing else.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import made

PROVIDERS = {"openai": "gpt-4.1-{}", "claude": "claude-sonnet-{}", "gemini": "gemini-2.5-{}"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def main() -> None:
    """Run where there is no run, build, print the figures."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        run = options.run or make_run(folder.resolve(), options.models)
        site = folder / "site"
        command = [sys.executable, "-m", "conformance", "site", str(run.resolve()), f"--out={site.resolve()}"]
        report(site, made.measure(command, folder))
        browse(site)


def make_run(folder: Path, count: int) -> Path:
    """Run the whole contract on this number of models; return the run directory."""
    names = [f"{column}={name.format(number)}" for number in range(count // 3) for column, name in PROVIDERS.items()]
    models = [f"--model={name}" for name in names]
    with _mock(models) as base_url:
        where = [f"--base-url={base_url}", "--contract=cometapi", f"--api-key-env={made.VARIABLE}", "--out=run"]
        command = [sys.executable, "-m", "conformance", "run", *where, *models]
        print(f"run           {made.measure(command, folder, expected=1).seconds:8.1f} s for {len(names)} models")
    return folder / "run"


@contextmanager
def _mock(models: list[str]) -> Iterator[str]:
    """Start a mock gateway with these models and end it; gives its base URL."""
    command = [sys.executable, "-m", "conformance.mock", "--port=0", "--defect=drops_n", *models]
    with subprocess.Popen(
        [*command, f"--api-key-env={made.VARIABLE}", "--until-stdin-closes"],
        env=made.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def report(site: Path, measured: made.Measured) -> None:
    """Print what building the site took, and how large it is."""
    sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    largest = max(sizes, key=lambda path: sizes[path])
    print(f"seconds       {measured.seconds:8.1f}")
    print(f"CPU           {measured.cpu:8.1f} s")
    print(f"memory        {measured.peak:8.0f} MB")
    print(f"pages         {sum(path.suffix == '.html' for path in sizes):8}")
    print(f"site          {sum(sizes.values()) / 1e6:8.1f} MB")
    print(f"largest page  {sizes[largest] / 1e6:8.2f} MB  {largest.relative_to(site)}")


def browse(site: Path) -> None:
    """Print how long a browser takes to open the largest matrix and to filter it to what deviates."""
    try:
        from playwright.sync_api import sync_playwright  # without it the other figures can still be had
    except ImportError:
        return
    if CHROMIUM is None:
        return
    matrix = max((site / "runs").iterdir(), key=lambda path: path.stat().st_size)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        begun = time.perf_counter()
        page.goto(matrix.resolve().as_uri())
        page.locator("#filter:visible").wait_for()
        opened = time.perf_counter()
        page.get_by_label("deviates").check()
        page.wait_for_function("() => document.getElementById('found').textContent.includes('cells in')")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        filtered = time.perf_counter()
        print(f"opened        {opened - begun:8.2f} s  {matrix.stat().st_size / 1e6:.2f} MB")
        print(f"filtered      {filtered - opened:8.2f} s")
        browser.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--models", type=int, default=60, metavar="N", help="how many, a multiple of 3")
    parser.add_argument("--run", type=Path, metavar="DIR", help="take this run instead of making one")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave run and site here")
    return parser


if __name__ == "__main__":
    main()
