// What is in a checkpoint or a file: its tensors as a tree, and one of them beside it.

import {get, pause} from './api.js';
import {alertBox, el, fill, table} from './dom.js';
import {count, counted, shape, size} from './format.js';
import {verified} from './run.js';
import {link} from './runs.js';
import {follow} from './task.js';
import {showTensor} from './tensor.js';
import {tree} from './tree.js';

const MOST_FACTS = 12;

/** Another tensor of the same file needs no other page. */
export const key = ({path = ''}) => path;

export function show({heading, body, trail, signal}, parameters) {
  const path = parameters.path ?? '';
  const parts = path.split('/');
  const name = parts.at(-1) || 'checkpoint';
  const place = parts.findIndex((part) => /^checkpoint-[0-9]+$/.test(part));
  fill(heading, name);
  trail([
    ['Runs', '#/'],
    ...(place < 0 ? [] : [[parts.slice(0, place).join('/') || 'run', link('run', {path: parts.slice(0, place).join('/')})]]),
    ...(place < 0 || place === parts.length - 1 ? [] : [[parts[place], link('contents', {path: parts.slice(0, place + 1).join('/')})]]),
    [name, ''],
  ]);
  const problem = el('div');
  const facts = el('div', {class: 'about'});
  const list = el('div', {class: 'list'});
  const note = el('p', {class: 'muted', role: 'status'});
  const panel = el('section', {class: 'panel', 'aria-labelledby': 'tensor'},
    el('h2', {id: 'tensor'}, 'Tensor'), el('p', {class: 'muted'}, 'Choose a tensor to see its figures.'));
  const filter = el('input', {type: 'search', id: 'filter', placeholder: 'name, or * and ?', autocomplete: 'off', spellcheck: 'false'});
  const work = el('div', {class: 'work'});
  fill(body, problem, facts, work, el('div', {class: 'split'},
    el('section', {'aria-labelledby': 'tensors'},
      el('h2', {id: 'tensors'}, 'Tensors'),
      el('label', {class: 'filter', for: 'filter'}, 'Filter ', filter), note, list),
    panel));
  let chosen = parameters.tensor;
  let shown = new AbortController();

  const choose = (tensor) => {
    shown.abort();
    shown = new AbortController();
    chosen = tensor;
    for (const leaf of list.querySelectorAll('a[data-tensor]')) {
      if (leaf.dataset.key === `tensor ${tensor}`) leaf.setAttribute('aria-current', 'true');
      else leaf.removeAttribute('aria-current');
    }
    if (tensor !== undefined) showTensor(panel, path, tensor, AbortSignal.any([shown.signal, signal]));
  };

  const load = async () => {
    const text = filter.value.trim();
    const glob = text === '' ? '*' : /[*?]/.test(text) ? text : `*${text}*`;
    try {
      const found = await get('/api/contents', {path, filter: glob}, signal);
      fill(problem);
      if (facts.childElementCount === 0) {
        fill(facts, factList(found, path), el('div', {class: 'buttons'}, el('button', {
          type: 'button', onclick: () => follow(work, `Verifying ${name}`, '/api/verify', {path}, signal, verified),
        }, 'Verify')));
      }
      note.textContent = `${counted(found.tensors.length, 'tensor')}`
        + (found.left_out > 0 ? `; ${count(found.left_out)} more are left out, filter to see them` : '');
      fill(list,
        tree(found.tensors, found.separator, chosen, (tensor, label) => el('a', {
          href: link('contents', {path, tensor: tensor.name}), title: tensor.name,
          'data-key': `tensor ${tensor.name}`, 'data-tensor': true,
          'aria-current': tensor.name === chosen ? 'true' : null,
        }, el('span', {}, label), ' ', el('span', {class: 'muted'}, `${tensor.dtype} ${shape(tensor.shape)}`), ' ', el('span', {class: 'muted'}, size(tensor.bytes)))),
        found.values.length === 0 ? null : [el('h3', {}, 'Values'),
          table('Values', [{name: 'name'}, {name: 'value'}], found.values.map((row) => [row.name, row.value]))]);
    } catch (error) {
      if (!signal.aborted) fill(problem, alertBox(error.message));
    }
  };

  let typed = new AbortController();
  filter.addEventListener('input', async () => {
    typed.abort();
    typed = new AbortController();
    const mine = typed;
    await pause(200, AbortSignal.any([mine.signal, signal]));
    if (!mine.signal.aborted && !signal.aborted) load();
  });
  load();
  choose(chosen);
  return ({tensor}) => choose(tensor);
}

function factList(found, path) {
  const facts = [
    ['format', found.format],
    found.step === undefined ? null : ['step', count(found.step)],
    ['size', size(found.size)],
    found.parameters > 0 ? ['parameters', count(found.parameters)] : null,
    ...Object.entries(found.facts),
  ].filter((fact) => fact !== null);
  const list = (some) => el('dl', {class: 'facts'},
    some.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
  return [
    list(facts.slice(0, MOST_FACTS)),
    facts.length <= MOST_FACTS ? null : el('details', {},
      el('summary', {}, counted(facts.length - MOST_FACTS, 'more fact')), list(facts.slice(MOST_FACTS))),
    !found.files ? null : el('details', {}, el('summary', {}, counted(found.files.length, 'file')),
      table('Files', [{name: 'file'}, {name: 'size', number: true}], found.files.map((file) => [
        el('a', {href: link('contents', {path: path === '' ? file.name : `${path}/${file.name}`})}, file.name),
        size(file.size),
      ]))),
  ];
}
