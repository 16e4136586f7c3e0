"""What a page with 12 charts of 47 series over 100,000 steps costs its reader: bytes, time until it answers, frames.

python benchmarks/report_page.py [LOADS]

Opens the page, and those that Plotly and Bokeh make of the same series where they are installed (extra `bench`), in
Chromium from a file, at full speed and with the processor throttled to a quarter. The other pages hold the charts
alone, two thousand points a series; ours also holds the groups of the demo run, 1,080 means with their bands a series.
"""

import gzip
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import grpolog
from grpolog.demo import recorded
from grpolog.report import curves
from grpolog.report.model import Panel, Question

STEPS, PANELS, SERIES, POINTS = 100_000, 12, 47, 2_000
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WINDOW = {"width": 1400, "height": 1800}  # tall enough for 12 charts

WATCH = """
window.bench = {late: 0};
new PerformanceObserver(list => {
  for (const task of list.getEntries()) bench.late = Math.max(bench.late, task.startTime + task.duration);
}).observe({type: 'longtask', buffered: true});
const look = () => {
  if (READY()) bench.ready = performance.now(); else requestAnimationFrame(look);
};
document.addEventListener('DOMContentLoaded', () => requestAnimationFrame(look));
"""
FRAMES = """() => new Promise(done => {
  const frames = []; let last = performance.now(); const begun = last;
  const tick = now => {
    frames.push(now - last); last = now;
    now - begun < 1500 ? requestAnimationFrame(tick) : done(frames.slice(2));
  };
  requestAnimationFrame(tick);
})"""
PAINTED = """zoom => new Promise(done => {
  const begun = performance.now();
  zoom();
  requestAnimationFrame(() => { const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - begun); channel.port2.postMessage(0); });
})"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page, how to tell that its charts are there, and how to zoom all of them in a script."""

    name: str
    make: Callable[[Path, list[list[np.ndarray]]], None]
    ready: str
    chart: str
    zoom: str


def panels_of(dice: np.random.Generator) -> list[list[np.ndarray]]:
    """The values of each series, by panel."""
    t = np.arange(STEPS) / STEPS
    shapes: list[Callable[[], np.ndarray]] = [
        lambda: 0.2 + 0.6 * t + dice.normal(0, 0.05, STEPS),
        lambda: 0.5 * np.exp(-3 * t) + dice.normal(0, 0.02, STEPS),
        lambda: np.abs(dice.normal(0, 0.1, STEPS)) * t,
        lambda: np.exp(dice.normal(-3, 1, STEPS)),
        lambda: 200 + 80 * t + dice.normal(0, 6, STEPS),
        lambda: 1e-6 * (1 - t),
    ]
    made = [shapes[number % len(shapes)]() for number in range(SERIES)]
    return [made[panel::PANELS] for panel in range(PANELS)]


def ours(path: Path, panels: list[list[np.ndarray]]) -> None:
    x = np.arange(1.0, STEPS + 1)
    drawn = tuple(
        Panel(
            f"panel-{p}", f"Panel {p}", "Means and bands.", "unit",
            tuple(curves.series(f"series {s}", f"metric/{p}/{s}", x, y) for s, y in enumerate(lines)),
        )
        for p, lines in enumerate(panels)
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        report = grpolog.build_report(grpolog.read(recorded.unpack(Path(folder))))
    numbers = tuple(replace(number, panel="") for number in report.numbers)
    alerts = tuple(replace(alert, panel="") for alert in report.alerts)
    asked = (Question("learning", "Is it learning?", drawn),)
    replace(report, questions=asked, numbers=numbers, alerts=alerts).save(path)


def plotly(path: Path, panels: list[list[np.ndarray]]) -> None:
    import plotly.graph_objects as go

    parts = []
    every = STEPS // POINTS
    for number, lines in enumerate(panels):
        figure = go.Figure([go.Scatter(x=x, y=y) for x, y in thinned(lines, every)])
        figure.update_layout(width=440, height=280, hovermode="x unified", title=f"Panel {number}")
        parts.append(figure.to_html(full_html=False, include_plotlyjs=number == 0, div_id=f"chart{number}"))
    path.write_text(
        "<!DOCTYPE html><meta charset=utf-8><style>body{display:grid;grid-template-columns:repeat(3,1fr)}</style>"
        + "".join(parts),
        "utf-8",
    )


def bokeh(path: Path, panels: list[list[np.ndarray]]) -> None:
    from bokeh.embed import file_html
    from bokeh.layouts import gridplot
    from bokeh.models import HoverTool, Range1d
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    shared = Range1d(0, STEPS, name="shared")
    grid = []
    for number, lines in enumerate(panels):
        chart = figure(width=440, height=280, x_range=shared, title=f"Panel {number}")
        for x, y in thinned(lines, STEPS // POINTS):
            chart.line(x, y)
        chart.add_tools(HoverTool(mode="vline"))
        grid.append(chart)
    path.write_text(file_html(gridplot(grid, ncols=3), INLINE, "bench"), "utf-8")


def thinned(lines: list[np.ndarray], every: int) -> Iterator[tuple[list[float], list[float]]]:
    """Lowest and highest value of each stretch, as other libraries keep spikes."""
    for y in lines:
        pairs = y.reshape(-1, 2 * every)
        low, high = pairs.argmin(1), pairs.argmax(1)
        places = np.sort(np.stack([low, high], 1), 1) + 2 * every * np.arange(len(pairs))[:, None]
        yield places.ravel().tolist(), y[places.ravel()].tolist()


CANDIDATES = (
    Candidate(
        "grpolog", ours, "document.querySelectorAll('.plot[role=slider]').length === 12", ".plot",
        "() => { location.hash = '#x=' + (bench.zoomed = (bench.zoomed ?? 20000) + 1000) + '-60000'; "
        "dispatchEvent(new HashChangeEvent('hashchange')) }",
    ),
    Candidate(
        "plotly", plotly, "document.querySelectorAll('.plot-container .xy').length >= 12", ".nsewdrag",
        "() => { bench.zoomed = (bench.zoomed ?? 20000) + 1000; document.querySelectorAll('.js-plotly-plot')"
        ".forEach(chart => Plotly.relayout(chart, {'xaxis.range': [bench.zoomed, 60000]})) }",
    ),
    Candidate(
        "bokeh", bokeh,
        "window.Bokeh && Bokeh.documents[0] && Bokeh.documents[0].is_idle && Bokeh.index.roots.length > 0",
        ".bk-GridPlot",
        "() => { const range = Bokeh.documents[0].get_model_by_name('shared'); range.start = "
        "(bench.zoomed = (bench.zoomed ?? 20000) + 1000); range.end = 60000 }",
    ),
)  # fmt: skip


def measure(browser: Browser, candidate: Candidate, path: Path, slower: int) -> dict[str, float]:
    """Milliseconds of one load."""
    context = browser.new_context(viewport=WINDOW, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(WATCH.replace("READY()", candidate.ready))
    page.goto(path.as_uri())
    page.wait_for_function("window.bench.ready", timeout=60_000)
    page.wait_for_timeout(1500)
    found = page.evaluate(
        """() => { const [load] = performance.getEntriesByType('navigation');
        const [paint] = performance.getEntriesByName('first-contentful-paint');
        return {ready: bench.ready, tti: Math.max(bench.ready, load.loadEventEnd, paint.startTime, bench.late)}; }"""
    )
    frames = hovered(page, candidate)
    found["hover"] = float(np.quantile(frames, 0.95))
    found["zoom"] = statistics.median(page.evaluate(f"() => ({PAINTED})({candidate.zoom})") for _ in range(5))
    context.close()
    return found


def hovered(page: Page, candidate: Candidate) -> list[float]:
    """Milliseconds between the frames while the mouse moves over the first chart."""
    chart = page.locator(candidate.chart).first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box() or {"x": 0, "y": 0, "width": 400, "height": 200}
    width = min(box["width"], 420)
    page.mouse.move(box["x"] + 50, box["y"] + 90)
    page.evaluate(f"() => {{ window.bench.frames = ({FRAMES})() }}")
    for place in range(60):
        page.mouse.move(box["x"] + 50 + place * (width - 70) / 60, box["y"] + 90)
    frames: list[float] = page.evaluate("window.bench.frames")
    return frames


def main(loads: int) -> None:
    """Print a row for each page and speed."""
    panels = panels_of(np.random.default_rng(1))
    print(f"{'page':<9}{'cpu':>5}{'KB':>7}{'gzip':>7}{'ready':>8}{'TTI':>8}{'hover p95':>11}{'zoom of 12':>12}   ms")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for candidate in CANDIDATES:
            if candidate.name != "grpolog" and find_spec(candidate.name) is None:
                print(f"{candidate.name}: not installed")
                continue
            path = Path(folder) / f"{candidate.name}.html"
            candidate.make(path, panels)
            data = path.read_bytes()
            for slower in (1, 4):
                rows: list[dict[str, Any]] = [measure(browser, candidate, path, slower) for _ in range(loads)]
                ready, tti, hover, zoom = (
                    statistics.median(row[key] for row in rows) for key in ("ready", "tti", "hover", "zoom")
                )
                print(
                    f"{candidate.name:<9}{f'1/{slower}':>5}{len(data) / 1e3:7.0f}{len(gzip.compress(data)) / 1e3:7.0f}"
                    f"{ready:8.0f}{tti:8.0f}{hover:11.0f}{zoom:12.0f}"
                )
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
