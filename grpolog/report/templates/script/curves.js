// The curves of the page from its data (see island.py), and what is made of them: smoothed, and fewer points.

const unpack = async () => {
  const head = JSON.parse($("#curves").textContent)
  const raw = new Uint8Array(await inflated($("#values").textContent).arrayBuffer())
  let at = 0
  const steps = head.x.map(([n, first, unit]) => {
    const x = new Float64Array(n)
    for (let i = 0, place = 0; i < n; i++) {
      for (let plane = 0; plane < 4; plane++) place += raw[at + plane * n + i] * 256 ** plane
      x[i] = first + unit * place
    }
    at += 4 * n
    return x
  })
  const half = (raw.length - at) / 2
  const word = () => raw[at] | (raw[half + at++] << 8)
  const curve = (told) => {
    const x = steps[told.x]
    const [low, step, middle, bend] = told.scale
    const value = (level) => {
      const even = low + (level - 1) * step
      return level === 0 ? NaN : bend ? middle + bend * Math.sinh(even) : even
    }
    const level = x.map(word)
    for (let i = 0, last = 0; i < x.length; i++) {
      last = level[i] = (last + ((level[i] >> 1) ^ -(level[i] & 1))) & 65535
    }
    const rows = [level]
    for (const sign of told.band ? [-1, 1] : []) {
      const apart = x.map(word)
      rows.push(level.map((n, i) => n && n + sign * apart[i]))
    }
    const flat = rows.map((row) => row.map(value))
    for (const [place, exact] of told.exact) flat[Math.floor(place / x.length)][place % x.length] = exact
    const [y, lows, highs] = flat
    return { x, y, low: lows ?? y, high: highs ?? y, banded: told.band, std: told.std }
  }
  for (const panel of head.panels) for (const line of panel.series) line.curves = line.curves.map(curve)
  return head.panels
}

// The first place in ascending `x` that is not below `step`.
const placeOf = (x, step) => {
  let [low, high] = [0, x.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (x[middle] < step) low = middle + 1
    else high = middle
  }
  return low
}

const nearest = (x, step) => {
  const place = placeOf(x, step)
  return place > 0 && (place === x.length || step - x[place - 1] < x[place] - step) ? place - 1 : place
}

// A mean whose weights halve every `halfLife` steps, without the pull of its beginning; gaps stay.
const smoothed = (curve, halfLife) => {
  if (!halfLife) return curve
  if (curve.halfLife !== halfLife) {
    let [sum, weight] = [0, 0]
    curve.smooth = curve.y.map((value, i) => {
      const decay = i ? 0.5 ** ((curve.x[i] - curve.x[i - 1]) / halfLife) : 0
      sum *= decay
      weight *= decay
      if (!Number.isFinite(value)) return NaN
      sum += value
      weight += 1
      return sum / weight
    })
    curve.halfLife = halfLife
  }
  return { ...curve, y: curve.smooth, low: curve.smooth, high: curve.smooth, banded: false }
}

// What of a curve lies between two steps, with a neighbour on each side, in at most `most(n)` buckets of equal width.
const reduced = (curve, [from, to], most) => {
  const [begin, end] = [placeOf(curve.x, from), placeOf(curve.x, to + 1e-9)]
  const n = end - begin
  const limit = most(n)
  const [x, y, low, high] = [[], [], [], []]
  if (n <= limit) {
    for (let i = Math.max(0, begin - 1); i < Math.min(curve.x.length, end + 1); i++) {
      x.push(curve.x[i])
      y.push(curve.y[i])
      low.push(curve.low[i])
      high.push(curve.high[i])
    }
    return { x, y, low, high, n, points: n }
  }
  const [left, width] = [curve.x[begin], curve.x[end - 1] - curve.x[begin] || 1]
  let [count, known, bucket] = [0, 0, -1]
  const close = () => {
    if (bucket < 0) return
    const last = x.length - 1
    x[last] /= count
    for (const row of curve.std ? [y, low, high] : [y]) row[last] /= known
    if (!known) y[last] = low[last] = high[last] = NaN
  }
  for (let i = begin; i < end; i++) {
    const place = Math.min(Math.floor(((curve.x[i] - left) * limit) / width), limit - 1)
    if (place !== bucket) {
      close()
      ;[count, known, bucket] = [0, 0, place]
      x.push(0)
      y.push(0)
      low.push(curve.std ? 0 : Infinity)
      high.push(curve.std ? 0 : -Infinity)
    }
    const last = x.length - 1
    count++
    x[last] += curve.x[i]
    if (!Number.isFinite(curve.y[i])) continue
    known++
    y[last] += curve.y[i]
    low[last] = curve.std ? low[last] + curve.low[i] : Math.min(low[last], curve.low[i])
    high[last] = curve.std ? high[last] + curve.high[i] : Math.max(high[last], curve.high[i])
  }
  close()
  return { x, y, low, high, n, points: x.length }
}
