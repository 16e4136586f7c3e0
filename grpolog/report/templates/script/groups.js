// The group browser: the recorded groups of the page found, sorted, opened, and compared word by word.

const LISTED = 20

// An element from the data: a tag, its attributes or 0, texts and elements within (elements.py).
const built = (told, space) => {
  if (typeof told === "string") return told
  const [tag, attributes, ...children] = told
  const drawn = tag === "svg" ? "http://www.w3.org/2000/svg" : space
  const element = drawn ? document.createElementNS(drawn, tag) : document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children.map((child) => built(child, drawn)))
  return element
}

// What was said within an element: texts and roles, without numbers and summaries.
const saidIn = ([tag, attributes, ...children]) => {
  if (tag === "pre") return children.join("")
  if (attributes.class?.startsWith("role")) return `\n[${children.join("")}]\n`
  return children.filter(Array.isArray).map(saidIn).join("")
}

const unpackedGroups = async (packed) => {
  const [head, ...records] = (await inflated(packed).text()).trimEnd().split("\n").map((line) => JSON.parse(line))
  const prompts = records.filter(Array.isArray)
  const groups = records.filter((record) => !Array.isArray(record))
  for (const group of groups) group.prompt = prompts[group.prompt]
  return { groups, functions: head.functions }
}

const browseGroups = ({ groups, functions }) => {
  const [tools, listed] = [$("#group-tools"), $("#groups")]
  const fields = $$("input, select", tools)
  const byKey = new Map(groups.map((group) => [group.key, group]))
  const others = $$("article", listed).filter(({ id }) => !byKey.has(id))
  let wanted = {}

  const offer = (name, options) => {
    const field = fields.find((one) => one.name === name)
    field.append(...options.map(([value, text]) => make("option", { value }, text)))
    field.parentElement.hidden = field.options.length < 2
  }
  offer("reward", functions.map((name, at) => [`${at}`, name]))
  offer("source", [...new Set(groups.map(({ source }) => source).filter(Boolean))].sort().map((name) => [name, name]))

  // Mean, spread and values of the reward that is looked at: the total, or that of one function.
  const measured = (group, name = wanted.reward) => {
    const values = ((name ? group.rewards[name] : group.totals) ?? []).filter((value) => value !== null)
    const mean = values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return { mean, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : NaN }
  }

  const peersOf = ({ id, where }) =>
    groups.filter((peer) => peer.id === id && peer.where === where).sort((a, b) => a.step - b.step)

  // Two answers to one prompt side by side; the words are marked that only one of them has.
  const comparison = (peers, ...chosen) => {
    const all = peers.flatMap((group) => group.answers.map((answer, at) => ({ group, answer, total: group.totals[at] })))
    const texts = [make("pre", { dir: "auto" }), make("pre", { dir: "auto" })]
    const counted = make("p", { className: "note", role: "status" })
    const choices = chosen.map((answer, side) => {
      const choice = make("select", { ariaLabel: ["Left", "Right"][side], onchange: () => compare() },
        ...all.map(({ group, answer, total }) =>
          make("option", {}, `step ${fixed(group.step, 0)}, ${answer[2][2]}, total ${number(total ?? NaN)}`)))
      choice.selectedIndex = all.findIndex((one) => one.answer === answer)
      return choice
    })
    const compare = () => {
      const { runs, counts } = compared(...choices.map((choice) => saidIn(all[choice.selectedIndex].answer).trim()))
      const [both, left, right] = counts.map((count) => fixed(count, 0))
      texts.forEach((text, side) => text.replaceChildren(...runs[side].flatMap(([same, words]) => {
        const blank = words.slice(words.trimEnd().length)
        return same || blank === words ? words : [make(side ? "ins" : "del", {}, words.trimEnd()), blank]
      })))
      counted.textContent = `${both} words are the same, ${left} only on the left, ${right} only on the right.`
    }
    compare()
    return [counted, make("div", { className: "sides" },
      ...choices.map((choice, side) => make("div", {}, choice, texts[side])))]
  }

  // The same prompt at other steps, and what can be compared.
  const pathsOf = (group) => {
    const same = peersOf(group)
    const place = same.indexOf(group)
    const sides = make("div", { className: "comparison" })
    const button = (text, ...answers) =>
      make("button", { type: "button", onclick: () => sides.replaceChildren(...comparison(same, ...answers)) }, text)
    const buttons = []
    if (group.answers.length > 1) buttons.push(button("Best against worst", group.answers[0], group.answers.at(-1)))
    const other = same[place - 1] ?? same[place + 1]
    if (other) buttons.push(button(`Best against best of step ${fixed(other.step, 0)}`, other.answers[0], group.answers[0]))
    const near = same.length > 1 ? same.slice(Math.max(0, place - 8), place + 9) : []
    const visits = near.map((peer) => {
      const text = `step ${fixed(peer.step, 0)}: ${number(measured(peer, "").mean)}`
      return make("li", {}, peer === group ? make("b", {}, text) : make("a", { href: `#${peer.key}` }, text))
    })
    return [
      visits.length ? make("ul", { className: "visits" }, make("li", {}, "Same prompt"), ...visits) : "",
      buttons.length ? make("p", { className: "tools" }, ...buttons) : "", sides,
    ]
  }

  const fill = (group) => {
    const { article, about, prompt, scores, answers } = group
    if (group.filled || !$("details", article).open) return
    group.filled = true
    const [visits, ...compare] = pathsOf(group)
    $(".body", article).replaceChildren(...[...about, prompt].map((told) => built(told)), visits, built(scores),
      ...compare, make("ol", { className: "completions" }, ...answers.map((told) => built(told))))
  }

  const articleOf = (group) => {
    if (!group.article) {
      const { key, line } = group
      group.article = document.getElementById(key) ??
        built(["article", { class: "group", id: key, "aria-labelledby": `${key}-h` }, ["details", 0, line, ["div", { class: "body" }]]])
      const details = $("details", group.article)
      details.addEventListener("toggle", () => fill(group))
      $("summary", details).addEventListener("click", () => address.write({ group: details.open ? null : key }))
      fill(group)
    }
    const { mean, std } = measured(group)
    const shown = [make("b", {}, number(mean)), Number.isFinite(std) ? ` ± ${number(std)}` : ""]
    const sum = $(".sum", group.article)
    if (wanted.reward) sum.replaceChildren(...shown)
    else sum.replaceWith(built(group.line.find((told) => told[1]?.class === "sum")))
    return group.article
  }

  const worth = {
    newest: ({ step }) => step,
    oldest: ({ step }) => -step,
    highest: (group) => measured(group).mean,
    lowest: (group) => -measured(group).mean,
    divided: (group) => measured(group).std,
    longest: ({ length }) => length,
  }
  const outcomes = {
    alert: ({ alert }) => alert,
    differ: (group) => measured(group).std > 1e-6,
    equal: (group) => measured(group).std <= 1e-6,
  }
  const isWanted = (group, words) => {
    const { outcome, source, reward, first, last } = wanted
    if (outcome && !(outcomes[outcome]?.(group) ?? group.outcome === outcome)) return false
    if ((source && group.source !== source) || (reward && !group.rewards[reward])) return false
    if ((first && group.step < first) || (last && group.step > last)) return false
    if (words.length) group.text ??= [group.id, ...[group.prompt, ...group.answers].map(saidIn)].join("\n").toLowerCase()
    return words.every((word) => group.text.includes(word))
  }

  const more = make("button", { type: "button" })
  const list = (room = LISTED) => {
    wanted = Object.fromEntries(fields.map(({ name, value }) => [name, value]))
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean)
    const found = groups.filter((group) => isWanted(group, words))
    const by = worth[wanted.sort]
    if (by) {
      const known = new Map(found.map((group) => [group, Number.isFinite(by(group)) ? by(group) : -Infinity]))
      found.sort((a, b) => (known.get(a) < known.get(b)) - (known.get(a) > known.get(b)))
    }
    listed.replaceChildren(...found.slice(0, room).map(articleOf))
    const rest = Math.min(LISTED, found.length - room)
    more.textContent = `${rest} more`
    more.onclick = () => list(room + LISTED)
    if (rest > 0) listed.append(more)
    else if (found.length === groups.length) listed.append(...others)
    $("#group-count").textContent = `${fixed(found.length, 0)} of ${fixed(groups.length, 0)} groups`
  }

  const reveal = (key) => {
    const group = byKey.get(key)
    if (!group) return false
    const article = articleOf(group)
    if (!article.isConnected) listed.prepend(article)
    $("details", article).open = true
    fill(group)
    article.scrollIntoView()
    $("summary", article).focus({ preventScroll: true })
    return true
  }

  const set = (value) => {
    for (const field of fields) field.value = value(field.name) ?? ""
    list()
  }
  tools.addEventListener("input", ({ target }) => {
    list()
    address.write({ [target.name]: target.value || null })
  })
  $("button", tools).addEventListener("click", () => {
    set(() => "")
    address.write(Object.fromEntries(fields.map(({ name }) => [name, null])))
  })
  document.addEventListener("click", (event) => {
    const key = event.target.closest("a[href^='#']")?.hash.slice(1)
    if (!reveal(key)) return
    event.preventDefault()
    address.write({ group: key })
  })
  for (const place of $$("[data-group]")) {
    const key = place.dataset.group
    if (byKey.has(key)) place.replaceWith(make("a", { href: `#${key}` }, place.textContent))
  }
  tools.hidden = false
  const said = address.read()
  set((name) => said.get(name))
  reveal(said.get("group") ?? location.hash.slice(1))
}

const packedGroups = $("#group-data")?.textContent
if (packedGroups && window.DecompressionStream) idle(() => unpackedGroups(packedGroups).then(browseGroups))
