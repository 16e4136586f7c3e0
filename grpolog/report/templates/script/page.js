// What every page does: finding and making elements, what its address remembers, links inside a frame.

const $ = (selector, within = document) => within.querySelector(selector)
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]
const idle = window.requestIdleCallback ?? setTimeout

// An element with these properties and children. Text comes into the page as text, here and by textContent.
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

// What was deflated and written as base64.
const inflated = (packed) => {
  const letters = atob(packed)
  const bytes = new Uint8Array(letters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i)
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")))
}

// The part of the address after #: either the id of an element, or `name=value` pairs, `at` being such an id.
const address = {
  read: () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : ""),

  // Sets pairs, null removing one, and leaves the others; a frame of a notebook has no address to write to.
  write(pairs) {
    const all = address.read()
    for (const [name, value] of Object.entries(pairs)) value === null ? all.delete(name) : all.set(name, value)
    if (!location.hash.includes("=") && location.hash.length > 1) all.set("at", location.hash.slice(1))
    const only = [...all.keys()].join() === "at"
    const text = only ? all.get("at") : all.toString().replaceAll("%2C", ",")
    try {
      history.replaceState(null, "", `#${text}`)
    } catch {}
  },
}

const scrollTo = (id) => document.getElementById(id)?.scrollIntoView()

// In a notebook's frame the address of the page is none that a link could lead to: scroll there instead.
if (location.protocol === "about:") {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']")
    if (!link) return
    event.preventDefault()
    scrollTo(link.hash.slice(1))
  })
}

// Light, dark, or as the system is: the sheet of the night is switched, so that everything follows.
const theme = {
  sheet: $("#dark"),
  media: { auto: $("#dark").media, dark: "screen", light: "not all" },

  set(name) {
    theme.name = name in theme.media ? name : "auto"
    theme.sheet.media = theme.media[theme.name]
    $("meta[name=color-scheme]").content = theme.name === "auto" ? "light dark" : theme.name
    try {
      localStorage.setItem("grpolog-theme", theme.name)
    } catch {}
    for (const button of $$("[data-do=theme]")) button.textContent = `theme: ${theme.name}`
  },
}
try {
  theme.set(localStorage.getItem("grpolog-theme"))
} catch {
  theme.set("auto")
}
