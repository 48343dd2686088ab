// Names with separators as a tree that opens and closes.

import {el} from './dom.js';

/**
 * A tree of `rows`, each with a name; `leaf` makes the element of one, given what is left of its
 * name. What leads to the row named `chosen` is open, and all if there are few. Branches are made
 * when they are opened.
 */
export function tree(rows, separator, chosen, leaf) {
  const root = {children: new Map()};
  for (const row of rows) {
    let node = root;
    for (const part of row.name.split(separator)) {
      if (!node.children.has(part)) node.children.set(part, {children: new Map(), rows: []});
      node = node.children.get(part);
    }
    node.rows.push(row);
  }
  const way = new Set();
  let node = root;
  for (const part of chosen?.split(separator) ?? []) {
    node = node?.children.get(part);
    way.add(node);
  }
  return branches(root, separator, leaf, (branch) => rows.length <= 40 || way.has(branch));
}

function branches(node, separator, leaf, open) {
  const entries = [...node.children];
  if (entries.every(([part]) => /^[0-9]{1,15}$/.test(part))) {
    entries.sort(([a], [b]) => Number(a) - Number(b));
  }
  return el('ul', {class: 'tree'}, entries.map(([part, child]) => {
    let label = part;
    while (child.children.size === 1 && child.rows.length === 0) {
      const [[next, only]] = child.children;
      label += separator + next;
      child = only;
    }
    return [
      child.rows.map((row) => el('li', {}, leaf(row, label))),
      child.children.size > 0 ? el('li', {}, branch(label, child, separator, leaf, open)) : null,
    ];
  }));
}

function branch(label, node, separator, leaf, open) {
  const details = el('details', {open: open(node)}, el('summary', {}, label, el('span', {class: 'muted'}, ` ${leaves(node)}`)));
  const grow = () => {
    if (details.open && details.childElementCount === 1) {
      details.append(branches(node, separator, leaf, open));
    }
  };
  details.addEventListener('toggle', grow);
  grow();
  return details;
}

function leaves(node) {
  let sum = 0;
  for (const child of node.children.values()) sum += child.rows.length + leaves(child);
  return sum;
}
