// Bring what is shown to what should be shown, changing only what differs: focus, selection, scroll and open details stay.
// Laws: elements of one parent match by `data-key`, else by place; what carries `data-kept` is drawn by others and is
// left alone, and so is what a wanted element with `data-same` stands for; listeners stay those of the element that stays.

/** Make the children of `shown` like those of `wanted` (a DocumentFragment or element, which is used up). */
export function patch(shown, wanted) {
  const keyed = new Map([...shown.children].filter((one) => one.dataset?.key).map((one) => [one.dataset.key, one]));
  let place = shown.firstChild;
  for (const want of [...wanted.childNodes]) {
    const match = want.dataset?.key ? keyed.get(want.dataset.key) : place;
    if (match && alike(match, want)) {
      if (match === place) place = place.nextSibling;
      else shown.insertBefore(match, place);
      settle(match, want);
    } else {
      shown.insertBefore(want, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function alike(shown, want) {
  return shown.nodeName === want.nodeName && (shown.dataset?.key ?? "") === (want.dataset?.key ?? "");
}

function settle(shown, want) {
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== want.data) shown.data = want.data;
    return;
  }
  if (shown.nodeType !== Node.ELEMENT_NODE || shown.hasAttribute("data-kept") || want.hasAttribute("data-same")) return;
  for (const { name, value } of [...want.attributes]) {
    if (shown.getAttribute(name) === value) continue;
    if (name === "style") shown.style.cssText = want.style.cssText; // the policy blocks a style that is set as an attribute
    else shown.setAttribute(name, value);
  }
  for (const { name } of [...shown.attributes]) {
    const open = name === "open" && shown.nodeName === "DETAILS"; // the reader opened it
    if (!want.hasAttribute(name) && !open) shown.removeAttribute(name);
  }
  patch(shown, want);
}
