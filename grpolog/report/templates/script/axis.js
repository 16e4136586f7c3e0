// Numbers and axes as the static drawing has them: numbers.py and charts/axis.py say why.

const formats = []
const fixed = (value, decimals = 0) => {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
  formats[decimals] ??= new Intl.NumberFormat("en", digits)
  return formats[decimals].format(value).replace("-", "−")
}

const number = (value) => {
  const size = Math.abs(value)
  if (!(size < Infinity)) return size ? "∞" : "–"
  if (size >= 1e9 || (size && size < 5e-4)) {
    return value.toExponential(2).replace(/\.?0*e\+?/, "e").replaceAll("-", "−")
  }
  const whole = Number.isInteger(value) || size >= 1000
  return fixed(value, whole ? 0 : size >= 10 ? 1 : size >= 0.1 ? 3 : size >= 0.01 ? 4 : 5)
}

// A place on an x axis, and what the axis is called.
const placed = (x, { across }) => (across === "step" ? `step ${fixed(x)}` : `${fixed(x)} ${across}`)
const axisTitle = ({ across }) =>
  ({ step: "optimizer step", tokens: "tokens so far" })[across] ?? `${across} of training`

const niceStep = (raw) => {
  const power = 10 ** Math.floor(Math.log10(raw))
  return power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * (1 - 1e-9))
}

const multiples = (step, low, high) => {
  const found = []
  for (let index = Math.ceil(low / step - 1e-6); index <= high / step + 1e-6; index++) found.push(index * step + 0)
  return found
}

const linear = (low, high, rounded = true) => {
  const step = niceStep((high - low) / 5)
  if (rounded) [low, high] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step]
  const ticks = multiples(step, low, high)
  const largest = Math.max(-low, high)
  const decimals = [0, 1, 2, 3, 4, 5].find((n) => Math.abs(step * 10 ** n - Math.round(step * 10 ** n)) < 1e-6 * step)
  const label = largest >= 1e-3 && largest < 1e6 && decimals >= 0 ? (tick) => fixed(tick, tick && decimals) : number
  return { low, high, ticks, label, bend: (value) => value }
}

const logarithmic = (least, most) => {
  const first = Math.floor(Math.log10(least))
  const last = Math.ceil(Math.log10(most)) + 1
  const factors = last - first > 4 ? [1] : [1, 2, 5]
  const all = []
  for (let power = first; power <= last; power++) all.push(...factors.map((factor) => factor * 10 ** power))
  const held = all.filter((tick, i) => (all[i + 1] ?? Infinity) > least && (all[i - 1] ?? 0) < most)
  const ticks = held.filter((_, i) => i % Math.ceil(held.length / 8) === 0)
  const [low, high] = [held[0], held[1] ? held.at(-1) : 10 * held[0]]
  return { low, high, ticks, label: (tick) => String(Number(tick.toPrecision(2))), bend: Math.log10 }
}

// The y axis for finite values: from 0 where that is near, without single spikes, within the bounds.
const valueAxis = (values, [floor, ceiling], log) => {
  const sorted = Float64Array.from(log ? values.filter((value) => value > 0) : values).sort()
  const last = sorted.length - 1
  if (last < 0) return linear(0, 1)
  let [low, high] = [sorted[0], sorted[last]]
  if (log) return logarithmic(low, high)
  const [innerLow, innerHigh] = [sorted[Math.ceil(0.02 * last)], sorted[Math.floor(0.98 * last)]]
  const inner = 4 * (innerHigh - innerLow)
  if (inner > 0 && last > 30) [low, high] = [Math.max(low, innerLow - inner), Math.min(high, innerHigh + inner)]
  if (high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high))) {
    const top = low === 0 ? 1 : low + Math.abs(low) / 2
    high = ceiling === null || low > ceiling ? top : Math.min(top, ceiling)
    low = low === 0 ? 0 : low - Math.abs(low) / 2
  }
  if (low >= 0 && low < 0.4 * high) low = 0
  else if (high <= 0 && high > 0.4 * low) high = 0
  if (floor !== null && ceiling !== null && high - floor >= (ceiling - floor) / 3) {
    [low, high] = [Math.min(low, floor), Math.max(high, ceiling)]
  }
  const axis = linear(low, high)
  return ceiling !== null && high <= ceiling && ceiling < axis.high ? linear(axis.low, ceiling, false) : axis
}
