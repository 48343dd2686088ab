// Elements and text. Whatever is shown goes through here: text is always a text node, and what
// could move the cursor, start a line or turn the reading direction is an escape, as on the
// command line.

/** `text` on one line, with control and other invisible characters as \n, \x1b or \u202e. */
export function printable(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    switch (character) {
      case '\n': return '\\n';
      case '\r': return '\\r';
      case '\t': return '\\t';
    }
    const code = character.codePointAt(0);
    const hex = (digits) => code.toString(16).padStart(digits, '0');
    return code < 0x100 ? '\\x' + hex(2) : code < 0x10000 ? '\\u' + hex(4) : '\\U' + hex(8);
  });
}

/**
 * An element. Attributes whose names begin with `on` are listeners; true is an attribute without a
 * value; false, null and undefined are none. Children are elements, text, arrays of them, or null.
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) {
      element.addEventListener(key.slice(2), value);
    } else if (value === true) {
      element.setAttribute(key, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, key === 'href' || key === 'value' || key === 'data-key'
        ? String(value) : printable(value));
    }
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => child instanceof Node ? child : document.createTextNode(printable(child)));
}

/**
 * Puts other children into `container`. The focus stays on what has the same `data-key`, so that a
 * page that changes by itself can be used with the keyboard.
 */
export function fill(container, ...children) {
  const active = document.activeElement;
  const key = container.contains(active) ? active.dataset?.key : undefined;
  container.replaceChildren(...nodes(children));
  if (key !== undefined) {
    const same = [...container.querySelectorAll('[data-key]')].find((e) => e.dataset.key === key);
    same?.focus({preventScroll: true});
  }
}

/** Tells it to a screen reader. */
export function announce(text) {
  document.getElementById('announcer').textContent = printable(text);
}

/** An error, where it happened. */
export function alertBox(message) {
  return el('p', {role: 'alert', class: 'alert'}, message);
}

/**
 * A table. A column is {name, number}; a row is an array of cells, the first of which heads it.
 */
export function table(caption, columns, rows, attributes = {}) {
  return el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption, ...attributes},
    el('table', {},
      el('caption', {class: 'unseen'}, caption),
      el('thead', {}, el('tr', {}, columns.map((column) =>
        el('th', {scope: 'col', class: column.number && 'number'}, column.name)))),
      el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell, at) =>
        at === 0
          ? el('th', {scope: 'row'}, cell)
          : el('td', {class: columns[at].number && 'number'}, cell)))))));
}
