// Which view is shown: the part of the address after #.

import {announce, alertBox, el, fill, printable} from './dom.js';
import * as contents from './contents.js';
import * as diff from './diff.js';
import * as run from './run.js';
import * as runs from './runs.js';

const VIEWS = new Map(Object.entries({'': runs, run, contents, diff}));

const main = document.getElementById('main');
let current = {key: null, end: new AbortController(), update: null};

function asked() {
  const [name, query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  return {name, parameters: Object.fromEntries(new URLSearchParams(query))};
}

/** Shows the trail of [title, address], of which the last is this page. */
function trail(steps) {
  fill(document.getElementById('trail'), steps.map(([title, address], at) =>
    el('li', {}, at === steps.length - 1
      ? el('span', {'aria-current': 'page'}, title)
      : el('a', {href: address}, title))));
  document.title = `${printable(steps.at(-1)[0])} · ckpt`;
}

async function show(first) {
  const {name, parameters} = asked();
  const view = VIEWS.get(name);
  const key = view?.key ? name + view.key(parameters) : location.hash;
  if (key === current.key && current.update) {
    current.update(parameters);
    return;
  }
  current.end.abort();
  current = {key, end: new AbortController(), update: null};
  fill(main);
  if (!view) {
    fill(main, alertBox('There is no such page.'), el('p', {}, el('a', {href: '#/'}, 'All runs')));
    return;
  }
  const heading = el('h1', {tabindex: '-1'});
  const body = el('div', {class: 'view'});
  main.append(heading, body);
  const page = {heading, body, trail, signal: current.end.signal};
  current.update = view.show(page, parameters) ?? null;
  if (!first) {
    heading.focus({preventScroll: true});
    scrollTo(0, 0);
    announce(document.title);
  }
}

document.getElementById('skip').addEventListener('click', () => main.focus());
addEventListener('hashchange', () => show(false));
show(true);
