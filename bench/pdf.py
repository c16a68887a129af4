"""PDFs: our call against the bare library, and WeasyPrint against Chromium and LibreOffice.

Run it with ``make bench`` or ``python -m bench.pdf``. The document is an example of ``clauses/``.
All ways take turns, so noise hits them alike; read the ratios, not the milliseconds.

LibreOffice is measured if ``soffice`` is on the PATH (Debian: ``apt-get install
libreoffice-writer-nogui``). It converts an ODT, made beforehand from our own page, to a tagged PDF:
the route that document-assembly systems take from Word templates. "Cold" is one process for each
document, as they run it; "warm" is what one more document costs in a process that is converting
others already. Chromium is one browser that stays open, a new tab for each document.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright
from weasyprint import HTML

from bench.documents import CLAUSES, ON, examples
from bench.timing import milliseconds
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.selection import select
from policygen.library.files import read_folder
from policygen.rendering import FORMATS, frames, pdf

EXAMPLE = "practicepanther"
ROUNDS = 25
PEER_ROUNDS = 5
TOGETHER = 6
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = subprocess.DEVNULL
TICK = os.sysconf("SC_CLK_TCK")
ODT_TO_PDF = 'pdf:writer_pdf_Export:{"PDFUACompliance":{"type":"boolean","value":"true"}}'


def example() -> Document:
    """Return the document that all measurements share."""
    library = read_folder(CLAUSES)
    answers = dict(examples(library))[EXAMPLE]
    return assemble(select(library, answers), answers, on=ON)


def compare_with_the_bare_library(document: Document) -> None:
    """Print the first table: our whole call, and WeasyPrint alone on two pages of the same text."""
    handed_out = FORMATS["html"].render(document).content.decode()
    source = pdf.source(document).decode()
    lean = source.replace("</head>", f"<style>{frames.stylesheet()}</style></head>")
    times = in_turns(
        {
            "our call, process and all": lambda: FORMATS["pdf"].render(document),
            "WeasyPrint on the page that we hand out": lambda: bare(handed_out),
            "WeasyPrint on the page that our worker gets": lambda: bare(lean),
        }
    )
    ours = times["our call, process and all"]
    print(f"| {words(document):,} words, median of {ROUNDS} | ms | ours / this |")
    print("| --- | --- | --- |")
    for name, taken in times.items():
        print(f"| {name} | {milliseconds(taken)} | {ours / taken:.2f} |")


def in_turns(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each way, with the garbage collector as Python sets it."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(ROUNDS + 2):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            if round_ >= 2:  # the first two warm up
                times[name].append(time.perf_counter() - begun)
    return {name: median(taken) for name, taken in times.items()}


def bare(page: str) -> bytes | None:
    """Call WeasyPrint as its manual says."""
    return HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")


def words(document: Document) -> int:
    """Count the words of a document."""
    return len(FORMATS["txt"].render(document).content.decode().split())


# Processes


@dataclass(frozen=True)
class Cost:
    """What one document took: seconds on the clock and on processors, and memory in bytes.

    ``memory`` is the largest sum over the processes of their proportional share (PSS), which
    counts what they share once; ``resident`` the largest sum of their resident sets (RSS).
    """

    wall: float
    cpu: float
    memory: int
    resident: int


def tree(root: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def cpu_of(root: int) -> float:
    """Return the processor seconds of a tree, with those of its children that have ended."""
    ticks = 0
    for pid in tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICK


def memory_of(root: int) -> tuple[int, int]:
    """Return the proportional and the resident memory of a tree, in bytes."""
    totals = {"Pss": 0, "Rss": 0}
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            name, _, rest = line.partition(":")
            if name in totals:
                totals[name] += int(rest.split()[0]) * 1024
    return totals["Pss"], totals["Rss"]


@contextmanager
def watched(root: int) -> Iterator[list[tuple[int, int]]]:
    """Sample the memory of a tree every 20 ms until the block ends."""
    samples: list[tuple[int, int]] = [memory_of(root)]
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.02):
            samples.append(memory_of(root))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def cost(root: int, make: Callable[[], object]) -> Cost:
    """Make a document, timed; then once more with an eye on memory, which would disturb times."""
    cpu, begun = cpu_of(root), time.perf_counter()
    make()
    wall, used = time.perf_counter() - begun, cpu_of(root) - cpu
    with watched(root) as samples:
        make()
    return Cost(wall, used, max(pss for pss, _ in samples), max(rss for _, rss in samples))


def middle(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        wall=median(one.wall for one in costs),
        cpu=median(one.cpu for one in costs),
        memory=int(median(one.memory for one in costs)),
        resident=int(median(one.resident for one in costs)),
    )


# Peers


def compare_with_peers(document: Document) -> None:
    """Print the second table."""
    page = FORMATS["html"].render(document).content.decode()
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Callable[[], Cost]] = {
            "WeasyPrint, our warm worker": lambda: of_worker(document),
            "Chromium, warm": lambda: of_chromium(browser, page),
        }
        if shutil.which("soffice"):
            office = Office(Path(folder), page)
            ways["LibreOffice, cold"] = office.cold
            ways["LibreOffice, warm"] = office.warm
        else:
            print("No soffice on the PATH: LibreOffice is left out.\n")
        costs: dict[str, list[Cost]] = {name: [] for name in ways}
        for round_ in range(PEER_ROUNDS + 1):
            for name, way in ways.items():
                taken = way()
                if round_:  # the first warms up
                    costs[name].append(taken)
    report({name: middle(taken) for name, taken in costs.items()})


def report(costs: dict[str, Cost]) -> None:
    """Print costs, each with its ratio to the first."""
    first = next(iter(costs.values()))
    print("| one document | wall, ms | CPU, ms | PSS, MB | RSS, MB | wall / ours | CPU / ours |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, one in costs.items():
        figures = (one.wall * 1e3, one.cpu * 1e3, one.memory / 1e6, one.resident / 1e6)
        ratios = (one.wall / first.wall, one.cpu / first.cpu)
        cells = [f"{figure:.0f}" for figure in figures] + [f"{ratio:.1f}" for ratio in ratios]
        print(f"| {name} | {' | '.join(cells)} |")


def of_worker(document: Document) -> Cost:
    """Make the document as the site does."""
    pdf.WORKERS.resize(1)
    FORMATS["pdf"].render(document)
    (worker,) = pdf.WORKERS.pids
    return cost(worker, lambda: FORMATS["pdf"].render(document))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start one Chromium, without a screen."""
    found = [path for name in CHROMIUM if (path := shutil.which(name))]
    if not found:
        raise SystemExit(f"No Chromium: none of {', '.join(CHROMIUM)} is on the PATH.")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found[0], args=sandbox)
        yield browser
        browser.close()


def of_chromium(browser: Browser, page: str) -> Cost:
    """Print the page as a tagged PDF with bookmarks, in a new tab."""

    def make() -> None:
        tab = browser.new_page()
        tab.set_content(page)
        content = tab.pdf(tagged=True, outline=True, prefer_css_page_size=True)
        tab.close()
        assert content.startswith(b"%PDF")

    return cost(browser_process(), make)


def browser_process() -> int:
    """Return the number of Chromium's first process, a grandchild of this one."""
    for pid in tree(os.getpid())[1:]:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"--remote-debugging-pipe" in command and b"--type=" not in command:
            return pid
    raise SystemExit("The Chromium process was not found.")


class Office:
    """LibreOffice with a profile of its own, and an ODT of the page."""

    def __init__(self, folder: Path, page: str) -> None:
        self.folder = folder
        source = folder / "policy.html"
        source.write_text(page, encoding="utf-8")
        self._convert("odt:writer8", [source])
        self.texts = [folder / f"policy-{number}.odt" for number in range(TOGETHER)]
        for text in self.texts:
            shutil.copy(folder / "policy.odt", text)

    def cold(self) -> Cost:
        """Convert one document in a process that starts for it."""
        return self._convert(ODT_TO_PDF, self.texts[:1])

    def warm(self) -> Cost:
        """Tell what one more document costs among several in one process."""
        many, one = self._convert(ODT_TO_PDF, self.texts), self.cold()
        others = TOGETHER - 1
        return Cost(
            (many.wall - one.wall) / others,
            (many.cpu - one.cpu) / others,
            many.memory,
            many.resident,
        )

    def _convert(self, target: str, sources: list[Path]) -> Cost:
        command = ["soffice", f"-env:UserInstallation={(self.folder / 'profile').as_uri()}"]
        command += ["--headless", "--convert-to", target, "--outdir", str(self.folder)]
        command += map(str, sources)
        before, begun = os.times(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall, after = time.perf_counter() - begun, os.times()
        with subprocess.Popen(command, stdout=QUIET, stderr=QUIET) as process:
            samples = [(0, 0)]
            while process.poll() is None:
                samples.append(memory_of(process.pid))
                time.sleep(0.02)
        for source in sources:
            made = self.folder / f"{source.stem}.{target.partition(':')[0]}"
            assert made.is_file(), f"LibreOffice made no {made.name}."
        used = after.children_user + after.children_system
        used -= before.children_user + before.children_system
        return Cost(wall, used, max(pss for pss, _ in samples), max(rss for _, rss in samples))


def main() -> None:
    """Print both tables."""
    document = example()
    compare_with_the_bare_library(document)
    print()
    compare_with_peers(document)


if __name__ == "__main__":
    main()
