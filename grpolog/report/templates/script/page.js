// What every page does: the elements of the other files, links inside a frame, the colours of day and night.

const $ = (selector, within = document) => within.querySelector(selector)
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]

// An element with these properties and children. Text enters the page here and nowhere as markup.
const make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag)
  Object.assign(element, properties)
  element.append(...children)
  return element
}

// In a notebook's frame the address of the page is none that a link could lead to: scroll there instead.
if (location.protocol === "about:") {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']")
    const target = link && document.getElementById(link.hash.slice(1))
    if (!target) return
    event.preventDefault()
    target.scrollIntoView()
  })
}
