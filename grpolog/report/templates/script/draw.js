// A panel drawn for the steps in view with the elements of its static drawing (charts/draw.py); only ticks are new.

const [WIDTH, HEIGHT, TOP, RIGHT, BOTTOM, DIGIT] = [420, 208, 18, 10, 34, 6.2]
const FLOOR = HEIGHT - BOTTOM

const shape = (tag, attributes, text = "") => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const name in attributes) element.setAttribute(name, attributes[name])
  element.textContent = text
  return element
}

// Places of finite points that are joined: split at gaps, and at holes of eight usual spacings unless `joined`.
const runsOf = ({ x, y }, joined, shows) => {
  const apart = x.slice(1).map((step, i) => step - x[i]).sort((a, b) => a - b)
  const hole = joined || !apart.length ? Infinity : 8 * apart[apart.length >> 1]
  const runs = [[]]
  y.forEach((value, i) => {
    const run = runs.at(-1)
    if (!shows(value)) runs.push([])
    else if (run.length && x[i] - x[run.at(-1)] > hole) runs.push([i])
    else run.push(i)
  })
  return runs.filter((run) => run.length)
}

const usual = (n) => Math.min(Math.max(n >> 2, 60), 180)
const crowded = () => 60

const draw = (panel) => {
  const { series, svg, stacked } = panel
  const steps = view.x ?? panel.extent
  const most = series.length > 2 ? crowded : usual
  const logged = series.map((line) => reduced(line.curves[0], steps, most))
  const curves = view.hl ? series.map((line) => reduced(smoothed(line.curves[0], view.hl), steps, most)) : logged
  const bands = view.band && panel.bands && !stacked
  const values = stacked
    ? [0, ...curves[0].x.map((_, i) => curves.reduce((sum, { y }) => sum + (y[i] || 0), 0))]
    : logged.flatMap(({ y, low, high }, i) => [y, view.hl ? curves[i].y : [], bands ? [low, high] : []].flat(2))
  const axis = valueAxis(values.filter(Number.isFinite), panel.bounds, view.log && !stacked)
  const labels = axis.ticks.map(axis.label)
  const left = 12 + DIGIT * Math.max(4, ...labels.map((text) => text.length))
  const right = WIDTH - RIGHT
  const across = (x) => left + ((x - steps[0]) / (steps[1] - steps[0])) * (right - left)
  const [bottom, top] = [axis.bend(axis.low), axis.bend(axis.high)]
  const up = (value) => FLOOR - Math.min(Math.max((axis.bend(value) - bottom) / (top - bottom), 0), 1) * (FLOOR - TOP)
  const shows = axis.bend === Math.log10 ? (value) => value > 0 && value < Infinity : Number.isFinite
  const inside = (x) => x >= steps[0] && x <= steps[1]
  const place = (x, value) => `${across(x).toFixed(1)} ${(up(value) || FLOOR).toFixed(1)}`
  const line = ({ x, y }, run) => `M${run.map((i) => place(x[i], y[i])).join("L")}`
  const area = (x, upper, lower, run) =>
    `M${[...run.map((i) => place(x[i], upper[i])), ...run.map((i) => place(x[i], lower[i])).reverse()].join("L")}Z`
  panel.frame = { left, steps }

  const text = (x, y, words) => shape("text", { x, y }, words)
  const [rules, base, words] = $(".frame", svg).children
  const [heights, below, unit] = words.children
  rules.setAttribute("d", axis.ticks.map((tick) => `M${left} ${up(tick).toFixed(1)}H${right}`).join(""))
  heights.replaceChildren(...axis.ticks.map((tick, i) => text(left - 6, up(tick) + 4, labels[i])))
  const ticks = multiples(Math.max(1, niceStep((steps[1] - steps[0]) / 7)), ...steps)
  const floor = ticks.map((tick) => `M${across(tick).toFixed(1)} ${FLOOR}v4`)
  base.setAttribute("d", `M${left} ${FLOOR}H${right}${floor.join("")}`)
  const longest = series.reduce((a, b) => (b.logged > a.logged ? b : a))
  const { n, points } = curves[series.indexOf(longest)]
  const each = Math.round((n * longest.logged) / longest.curves[0].x.length / points)
  const about = below.lastChild
  const hidden = axis.bend === Math.log10 && values.some((value) => value <= 0)
  about.textContent = [
    axisTitle(panel),
    each > 1 && `a point is the mean of about ${fixed(each)} values`,
    hidden && "values up to 0 are left out",
  ].filter(Boolean).join(" · ")
  about.setAttribute("x", (left + right) / 2)
  below.replaceChildren(...ticks.map((tick) => {
    const half = (fixed(tick).length * DIGIT) / 2
    return text(Math.min(Math.max(across(tick), left - 6 + half), WIDTH - 2 - half), FLOOR + 15, fixed(tick))
  }), about)
  unit.setAttribute("x", left)

  for (const mark of panel.marks) {
    const x = Number(mark.dataset.x)
    mark.setAttribute("transform", `translate(${across(x).toFixed(1)})`)
    mark.setAttribute("visibility", inside(x) ? "visible" : "hidden")
  }

  const inner = $(".lines", svg)
  const box = [left - 3, TOP - 3, right - left + 6, FLOOR - TOP + 6]
  for (const [i, name] of ["x", "y", "width", "height"].entries()) inner.setAttribute(name, box[i])
  inner.setAttribute("viewBox", box.join(" "))
  $$(".raw", inner).forEach((raw) => raw.remove())
  const shapes = [...inner.children]
  const put = (d) => shapes.shift().setAttribute("d", d)
  let beyond = ""
  if (stacked) {
    let ground = curves[0].x.map(() => 0)
    for (const { x, y } of curves) {
      const roof = ground.map((value, i) => value + (y[i] || 0))
      put(x.length ? area(x, roof, ground, [...x.keys()]) : "")
      ground = roof
    }
  } else {
    for (const { sparse, curves: [whole, ...ghosts] } of series) {
      for (const ghost of ghosts) {
        const curve = reduced(ghost, steps, () => 180)
        put(runsOf(curve, sparse, shows).map((run) => line(curve, run)).join(""))
      }
      if (!panel.bands) continue
      const band = reduced(whole, steps, (count) => Math.min(usual(count), 90))
      const drawn = bands && (whole.banded || band.n > band.points) ? runsOf(band, false, shows) : []
      put(drawn.map((run) => area(band.x, band.high, band.low, run)).join(""))
    }
    series.forEach(({ sparse, curves: [whole] }, k) => {
      const curve = curves[k]
      const runs = runsOf(curve, sparse, shows)
      const long = (run) => run.length > 1
      if (view.hl) {
        const raw = shapes[0].cloneNode()
        raw.classList.add("raw")
        raw.setAttribute("d", runsOf(logged[k], sparse, shows).filter(long).map((run) => line(logged[k], run)).join(""))
        shapes[0].before(raw)
      }
      put(runs.filter(long).map((run) => line(curve, run)).join(""))
      const dotted = sparse || curve.points <= 24 ? runs.flat() : runs.filter((run) => !long(run)).flat()
      put(dotted.map((i) => `M${place(curve.x[i], curve.y[i])}h0`).join(""))
      const slack = 1e-6 * (axis.high - axis.low)
      const { x, y, low: lows, high: highs } = logged[k]
      for (const i of x.keys()) {
        if (!inside(x[i])) continue
        const at = across(x[i]).toFixed(1)
        const [low, high] = bands ? [lows[i], highs[i]] : [y[i], y[i]]
        if (high > axis.high + slack) beyond += `M${at} ${TOP - 6}l4 6h-8z`
        if (shows(low) && low < axis.low - slack) beyond += `M${at} ${FLOOR + 6}l4-6h-8z`
      }
    })
  }
  $(".beyond", svg).replaceChildren(shape("path", { class: "ink", d: beyond }))
  panel.dirty = false
}
