// The bar above the charts: what it shows of the view, what it changes, what it saves.

const tell = () => {
  const text = view.hl ? `half-life ${fixed(view.hl)} ${panels[0].across.replace("step", "steps")}` : "off"
  const slider = $("#half-life")
  slider.value = view.hl ? Math.round(2 * Math.log2(view.hl)) : 0
  slider.setAttribute("aria-valuetext", text)
  $("#half-life-is").textContent = text
  for (const name of ["log", "band"]) $(`[data-do=${name}]`).setAttribute("aria-pressed", view[name])
  $("[data-do=reset]").disabled = !view.x && !view.hl && !view.log && view.band
}

const save = (ending, type, text) => {
  const name = $("h1").textContent.trim().replace(/[^\w.-]+/g, "-").slice(0, 60) || "report"
  const href = URL.createObjectURL(new Blob([text], { type }))
  make("a", { href, download: `${name}.${ending}` }).click()
  setTimeout(() => URL.revokeObjectURL(href), 1000)
}

// Every point of the steps in view, with the band and the smoothed value where there are such.
const rows = () => panels.flatMap((panel) => panel.series.flatMap(({ label, metric, curves: [curve] }) => {
  const [from, to] = view.x ?? panel.extent
  const { y } = smoothed(curve, view.hl)
  const digits = (n) => (Number.isFinite(n) ? Number(n.toPrecision(7)) : null)
  return [...curve.x.keys()].filter((i) => curve.x[i] >= from && curve.x[i] <= to).map((i) => ({
    panel: panel.title,
    series: label,
    metric,
    [panel.across]: curve.x[i],
    value: digits(curve.y[i]),
    low: curve.banded ? digits(curve.low[i]) : null,
    high: curve.banded ? digits(curve.high[i]) : null,
    smoothed: view.hl ? digits(y[i]) : null,
  }))
}))

// A text that a spreadsheet would run begins with an apostrophe instead.
const cell = (value) =>
  typeof value === "string" ? `"${value.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"` : value ?? ""

const ACTIONS = {
  log: () => change({ log: !view.log }),
  band: () => change({ band: !view.band }),
  reset: () => change({ x: null, hl: 0, log: false, band: true }),
  csv: () => save("csv", "text/csv", [`panel,series,metric,${panels[0].across},value,low,high,smoothed`,
    ...rows().map((row) => Object.values(row).map(cell).join()), ""].join("\r\n")),
  json: () => save("json", "application/json", JSON.stringify({ title: $("h1").textContent, view, rows: rows() })),
  // Where the clipboard is not to be had, as in the frame of a notebook, it is a file.
  async markdown({ target }) {
    const text = await inflated($("#markdown").textContent).text()
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false)
    if (!copied) return save("md", "text/markdown", text)
    target.textContent = "copied"
    setTimeout(() => (target.textContent = "copy Markdown"), 1500)
  },
  theme: () => theme.set({ auto: "dark", dark: "light", light: "auto" }[theme.name]),
  keys: () => $("#keys").showModal(),
  close: () => $("#keys").close(),
}

const tools = () => {
  const slider = $("#half-life")
  slider.max = Math.max(2, Math.floor(2 * Math.log2((extent[1] - extent[0]) / 4)))
  slider.addEventListener("input", () => change({ hl: slider.value > 0 ? Math.round(2 ** (slider.value / 2)) : 0 }))
  for (const button of $$("[data-do]")) button.addEventListener("click", ACTIONS[button.dataset.do])
  $("[data-do=band]").hidden = !panels.some((panel) => panel.bands)
  $("#tools").hidden = false
  tell()
}
