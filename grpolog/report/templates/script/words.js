// What two texts share, word by word.

// A word with the blanks after it, a sign, or one character of a script that writes no blanks.
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]\s*|[\p{L}\p{M}\p{N}_]+\s*|[^\s\p{L}\p{N}]\s*|\s+/gu
const FAR = 400

// Places of words that both texts have, in order: the fewest changes (Myers 1986), looked for up to FAR changes ahead
// and then on from the furthest place reached, so that the time grows with the length and not with its square.
const shared = (a, b) => {
  const found = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    const [n, m, rows] = [a.length - i, b.length - j, []]
    let best = [0, 0, 0]
    for (let d = 0; d <= FAR && best[0] < n + m; d++) {
      const [row, last] = [new Int32Array(2 * d + 1), rows[d - 1]]
      for (let k = -d; k <= d; k += 2) {
        let x = !d ? 0 : k === -d || (k < d && last[k + d - 2] < last[k + d]) ? last[k + d] : last[k + d - 2] + 1
        while (x < n && x - k < m && a[i + x] === b[j + x - k]) x++
        row[k + d] = x
        if (x <= n && x - k <= m && 2 * x - k >= best[0]) best = [2 * x - k, d, k]
      }
      rows.push(row)
    }
    const path = []
    let [, d, k] = best
    const end = rows[d][k + d]
    for (let x = end; x > 0 || d > 0; d--) {
      const last = rows[d - 1]
      const down = d > 0 && (k === -d || (k < d && last[k + d - 2] < last[k + d]))
      const from = d === 0 ? 0 : down ? last[k + d] : last[k + d - 2] + 1
      while (x > from) path.push([i + --x, j + x - k])
      if (d === 0) break
      k += down ? 1 : -1
      x = last[k + d - 1]
    }
    found.push(...path.reverse())
    ;[i, j] = [i + end, j + end - best[2]]
  }
  return found
}

// Two texts as runs [shared?, text], and how many words are shared, only left and only right.
const compared = (left, right) => {
  const sides = [left, right].map((text) => text.match(WORD) ?? [])
  const pairs = shared(...sides.map((words) => words.map((word) => word.trim())))
  const runs = sides.map((words, side) => {
    const known = new Set(pairs.map((pair) => pair[side]))
    const found = []
    words.forEach((word, at) => {
      if (found.at(-1)?.[0] === known.has(at)) found.at(-1)[1] += word
      else found.push([known.has(at), word])
    })
    return found
  })
  return { runs, counts: [pairs.length, ...sides.map((words) => words.length - pairs.length)] }
}
