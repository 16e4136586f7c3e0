// The charts upgraded in place: one view of the steps and one cursor over all panels.

const view = { x: null, hl: 0, log: false, band: true }
const cursor = { step: null, panel: null }
let panels = []
let extent = []

const shown = () => panels.filter((panel) => panel.near)
const redraw = () => shown().forEach((panel) => panel.dirty && draw(panel))

// Takes a change of the view to the panels that can be seen, to the tools and, unless it came from there, to the address.
const change = (patch, remember = true) => {
  Object.assign(view, patch)
  if (view.x) {
    const [from, to] = view.x.map((x) => Math.min(Math.max(x, extent[0]), extent[1]))
    view.x = to - from >= 1 && to - from < extent[1] - extent[0] ? [from, to] : null
  }
  for (const panel of panels) panel.dirty = true
  requestAnimationFrame(() => {
    redraw()
    point(cursor.step, cursor.panel)
    tell()
  })
  clearTimeout(change.later)
  if (!remember) return
  change.later = setTimeout(() => address.write({
    x: view.x && view.x.map(Math.round).join("-"),
    hl: view.hl || null,
    log: view.log ? 1 : null,
    band: view.band ? null : 0,
  }), 200)
}

const range = (text) => {
  const ends = text?.split("-").map(Number)
  return ends?.length === 2 && ends[0] < ends[1] ? ends : null
}

// The view that the address tells; an address of an element alone changes nothing.
const recall = () => {
  const told = address.read()
  if (!told.size) return
  const hl = Math.max(0, told.get("hl")) || 0
  change({ x: range(told.get("x")), hl, log: told.get("log") === "1", band: told.get("band") !== "0" }, false)
  scrollTo(told.get("at"))
}

const valueAt = (line, step) => {
  const exact = view.hl ? undefined : line.exact.find(([x]) => x === step)
  if (exact) return number(exact[1])
  const { x, y } = smoothed(line.curves[0], view.hl)
  const slack = 1 + (x.at(-1) - x[0]) / 100
  return number(step < x[0] - slack || step > x.at(-1) + slack ? NaN : y[nearest(x, step)])
}

const pixelsPer = ({ frame, width }) => (width / WIDTH) * (WIDTH - RIGHT - frame.left) / (frame.steps[1] - frame.steps[0])
const pixelAt = (panel, step) =>
  (panel.frame.left * panel.width) / WIDTH + (step - panel.frame.steps[0]) * pixelsPer(panel)
const stepAt = (panel, px) => {
  const [from, to] = panel.frame.steps
  return Math.min(Math.max(from + (px - pixelAt(panel, from)) / pixelsPer(panel), from), to)
}

// Puts the cursor at a step, or nowhere, and writes the values there into the legends that can be seen.
const point = (step, panel) => {
  Object.assign(cursor, { step, panel })
  for (const each of shown()) {
    const [from, to] = each.frame.steps
    const inside = step !== null && step >= from && step <= to
    each.cross.hidden = !inside
    if (inside) each.cross.style.transform = `translateX(${pixelAt(each, step).toFixed(1)}px)`
    each.series.forEach((line, i) => {
      const text = inside ? valueAt(line, step) : each.last[i]
      if (each.values[i].textContent !== text) each.values[i].textContent = text
    })
  }
  const text = step === null ? nowhere() : placed(step, panels[0])
  $("#at").textContent = step === null ? "" : text
  if (panel?.plot !== document.activeElement) return
  const read = step === null ? [] : panel.series.map((line) => `${line.label} ${valueAt(line, step)}`)
  panel.plot.setAttribute("aria-valuenow", step ?? panel.extent[1])
  panel.plot.setAttribute("aria-valuetext", [text, read.join(", ")].filter(Boolean).join(": "))
}

const nowhere = () => (panels[0].across === "step" ? "no step" : "no cursor")

const zoom = (factor) => {
  const [from, to] = view.x ?? extent
  const middle = cursor.step ?? (from + to) / 2
  change({ x: [middle - (middle - from) * factor, middle + (to - middle) * factor] })
}

const move = (panel, by) => {
  const { finest: { x }, frame: { steps: [from, to] } } = panel
  const ends = [placeOf(x, from), placeOf(x, to + 1e-9) - 1]
  const place = (cursor.step === null ? ends[by > 0 ? 0 : 1] : nearest(x, cursor.step)) + by
  const next = Math.abs(by) === Infinity ? ends[by > 0 ? 1 : 0] : Math.min(Math.max(place, 0), x.length - 1)
  if (x[next] > to) change({ x: [x[next] - to + from, x[next]] })
  if (x[next] < from) change({ x: [x[next], x[next] + to - from] })
  point(x[next], panel)
}

const KEYS = {
  ArrowLeft: (panel, many) => move(panel, -many),
  ArrowRight: (panel, many) => move(panel, many),
  Home: (panel) => move(panel, -Infinity),
  End: (panel) => move(panel, Infinity),
  "+": () => zoom(0.5),
  "=": () => zoom(0.5),
  "-": () => zoom(2),
  0: () => change({ x: null }),
  Escape: (panel) => point(null, panel),
  "?": () => $("#keys").showModal(),
}

// Moving points, dragging picks steps to zoom into, a click on the line of an alert goes to what it says.
const follow = (panel) => {
  const { plot, pick } = panel
  let [left, begun, followed] = [0, null, 0]
  const measure = () => {
    left = plot.getBoundingClientRect().left
    panel.width = plot.clientWidth
  }
  const px = (event) => event.clientX - left
  const markAt = (event) => panel.marks.find((mark) => Math.abs(pixelAt(panel, mark.dataset.x) - px(event)) < 5)
  const ends = (event) => [begun, px(event)].sort((a, b) => a - b)
  const drop = () => {
    begun = null
    pick.hidden = true
  }
  const on = {
    pointerenter: measure,
    pointerdown(event) {
      if (event.button !== 0) return
      measure()
      begun = px(event)
      plot.setPointerCapture(event.pointerId)
    },
    pointermove(event) {
      if (begun === null && event.timeStamp - followed < 8) return
      followed = event.timeStamp
      const mark = markAt(event)
      const { x } = panel.finest
      const step = mark ? Number(mark.dataset.x) : x[nearest(x, stepAt(panel, px(event)))]
      if (step !== cursor.step || panel !== cursor.panel) point(step, panel)
      plot.classList.toggle("link", begun === null && Boolean(mark?.dataset.to))
      if (begun === null) return
      const [from, to] = ends(event)
      pick.hidden = to - from < 4
      pick.style.transform = `translateX(${from}px)`
      pick.style.width = `${to - from}px`
    },
    pointerup(event) {
      if (begun === null) return
      const [from, to] = ends(event)
      const target = markAt(event)?.dataset.to
      drop()
      if (to - from >= 4) change({ x: [stepAt(panel, from), stepAt(panel, to)] })
      else if (target) location.hash = target
    },
    pointercancel: drop,
    pointerleave: () => point(null, panel),
    dblclick: () => change({ x: null }),
    keydown(event) {
      const action = KEYS[event.key]
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      action(panel, event.shiftKey ? 10 : 1)
    },
  }
  for (const name in on) plot.addEventListener(name, on[name])
}

const upgrade = (panel) => {
  const figure = document.getElementById(panel.key)
  const plot = $(".plot", figure)
  const svg = $("svg", plot)
  const xs = panel.series.flatMap((line) => line.curves.flatMap(({ x }) => [x[0], x.at(-1)]))
  const [low, high] = [Math.min(...xs), Math.max(...xs)]
  const steps = low < high ? [low, high] : [low - 1, high + 1]
  const values = $$(".legend b", figure)
  Object.assign(panel, {
    plot,
    svg,
    values,
    last: values.map((element) => element.textContent),
    marks: $$("[data-x]", svg),
    extent: steps,
    frame: { left: Number(svg.dataset.left), steps },
    finest: panel.series.map((line) => line.curves[0]).reduce((a, b) => (b.x.length > a.x.length ? b : a)),
    cross: make("div", { className: "cross", hidden: true }),
    pick: make("div", { className: "pick", hidden: true }),
    width: plot.clientWidth,
  })
  plot.append(panel.pick, panel.cross)
  const role = { role: "slider", tabindex: 0, "aria-label": panel.title, "aria-describedby": `${panel.key}-d` }
  const now = { "aria-valuemin": low, "aria-valuemax": high, "aria-valuenow": high, "aria-valuetext": nowhere() }
  for (const [name, value] of Object.entries({ ...role, ...now })) plot.setAttribute(name, value)
  follow(panel)
}

idle(async () => {
  if (!$("#curves") || !window.DecompressionStream) return
  panels = await unpack()
  if (!panels.length) return
  panels.forEach(upgrade)
  extent = panels.map((panel) => panel.extent).reduce(([a, b], [c, d]) => [Math.min(a, c), Math.max(b, d)])
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      panels.find(({ plot }) => plot === target).near = isIntersecting
    }
    redraw()
    point(cursor.step, cursor.panel)
  }, { rootMargin: "200px" })
  panels.forEach(({ plot }) => seen.observe(plot))
  addEventListener("resize", () => panels.forEach((panel) => (panel.width = panel.plot.clientWidth)))
  addEventListener("beforeprint", () => panels.forEach((panel) => panel.dirty && draw(panel)))
  addEventListener("hashchange", recall)
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-x]")
    if (link) change({ x: range(link.dataset.x) })
  })
  tools()
  recall()
})
