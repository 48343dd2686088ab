// Deletes checkpoints that are not worth keeping: first the list of what would go and why, then,
// if that is right, the deletion of just those.

import {post, refresh} from './api.js';
import {alertBox, announce, el, fill, table} from './dom.js';
import {counted, size} from './format.js';

/** Opens the dialog for a run. */
export function prune(run, path, signal) {
  const result = el('div');
  const metrics = [...new Set(run.checkpoints.flatMap((info) => Object.keys(info.metrics)))].sort();
  const field = (option, label, attributes) => el('label', {}, label,
    el('input', {name: option, autocomplete: 'off', ...attributes}));
  const form = el('form', {class: 'fields', onsubmit: list},
    field('--keep-latest', 'the newest', {type: 'number', min: '1', value: '3'}),
    metrics.length === 0 ? null : field('--keep-best', 'the best by', {placeholder: `${run.objective?.metric ?? metrics[0]}=2`, list: 'metrics'}),
    el('datalist', {id: 'metrics'}, metrics.map((name) => el('option', {value: name}))),
    field('--keep-every', 'steps that are a multiple of', {type: 'number', min: '1'}),
    field('--keep-younger', 'younger than', {placeholder: '7d'}),
    field('--keep-one-per', 'one per', {placeholder: '1d'}),
    el('label', {class: 'check'}, el('input', {type: 'checkbox', name: 'unverified'}), 'judge unverified ones, made in Python, too'),
    el('div', {class: 'buttons'},
      el('button', {type: 'submit', class: 'primary'}, 'List what would go'),
      el('button', {type: 'button', onclick: () => dialog.close()}, 'Close')));
  const dialog = el('dialog', {'aria-labelledby': 'prune-title', onclose: () => dialog.remove()},
    el('h2', {id: 'prune-title'}, `Prune ${run.title}`),
    el('p', {class: 'muted'}, 'Keep what any of these says. The newest, the best and pinned checkpoints are always kept.'),
    form, result);
  form.addEventListener('input', () => fill(result));
  document.body.append(dialog);
  signal.addEventListener('abort', () => dialog.close());
  dialog.showModal();

  function asked() {
    const options = {};
    for (const input of form.querySelectorAll('input[name^="--"]')) {
      if (input.value.trim() !== '') options[input.name] = input.value.trim();
    }
    return {path, options, include_unverified: form.elements.unverified.checked};
  }

  async function list(event) {
    event.preventDefault();
    try {
      const request = asked();
      const pruning = await post('/api/prune', request, signal);
      const going = pruning.checkpoints.filter((info) => !info.kept);
      announce(`${counted(going.length, 'checkpoint')} would be deleted`);
      fill(result, decisions(pruning), going.length === 0
        ? el('p', {class: 'good'}, 'Nothing would be deleted.')
        : el('div', {class: 'buttons'}, el('button', {
          type: 'button', class: 'danger', 'data-key': 'delete',
          onclick: () => confirmed({...request, confirm: going.map((info) => info.name)}),
        }, `Delete ${counted(going.length, 'checkpoint')}, ${size(pruning.freed)}`)));
    } catch (error) {
      fill(result, alertBox(error.message));
    }
  }

  async function confirmed(request) {
    try {
      const pruning = await post('/api/prune', request, signal);
      dialog.close();
      announce(`deleted ${counted(pruning.deleted, 'checkpoint')}, ${size(pruning.freed)}`);
      refresh();
    } catch (error) {
      fill(result, alertBox(error.message));
    }
  }
}

function decisions(pruning) {
  return table('What would become of each', [{name: 'checkpoint'}, {name: 'size', number: true}, {name: 'would be'}, {name: 'why'}],
    pruning.checkpoints.toReversed().map((info) => [
      info.name, size(info.size),
      el('span', {class: info.kept ? 'good' : 'bad'}, info.kept ? 'kept' : 'deleted'),
      info.reasons.join(', '),
    ]));
}
