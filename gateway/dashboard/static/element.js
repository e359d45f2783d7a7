// Making elements. Law: text enters as text nodes only; nothing here, and nothing else, reads a string as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Attributes: `class`, `data-…`, `aria-…`, any other by name; `on…` takes a function. Null is left out. */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Put these children in place of what was there. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(present).map(node));
  return parent;
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter(present).map(node));
  return element;
}

function present(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

function node(child) {
  return child instanceof Node ? child : document.createTextNode(String(child));
}
