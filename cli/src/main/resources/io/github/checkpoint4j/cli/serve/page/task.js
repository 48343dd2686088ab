// Work on the server that takes its time: how far it is, a button that cancels it, what came of it.

import {get, pause, post} from './api.js';
import {alertBox, announce, el, fill} from './dom.js';

/**
 * Begins a task and follows it in `place`, where `render` makes something of its result. One that
 * was begun there before is left to itself.
 */
export async function follow(place, title, path, body, signal, render) {
  const turn = (place.turn ?? 0) + 1;
  place.turn = turn;
  const over = () => signal.aborted || place.turn !== turn;
  const bar = el('progress', {max: '1', 'aria-label': title});
  const told = el('span', {class: 'muted'});
  const cancel = el('button', {type: 'button', 'data-key': 'cancel'}, 'Cancel');
  fill(place, el('div', {class: 'task'}, el('span', {}, title), bar, told, cancel));
  announce(title);
  try {
    let task = await post(path, body, signal);
    cancel.addEventListener('click', () => {
      cancel.disabled = true;
      post('/api/cancel', {id: task.id}, signal).catch(() => {});
    });
    while (task.state === 'running') {
      if (task.total > 0) {
        bar.value = Math.min(1, task.done / task.total);
        told.textContent = `${Math.floor(100 * bar.value)} %`;
      }
      await pause(200, signal);
      if (over()) return;
      task = await get('/api/task', {id: task.id}, signal);
    }
    if (over()) return;
    if (task.state === 'done') {
      fill(place, render(task.result));
      announce(`${title}: done`);
    } else if (task.state === 'cancelled') {
      fill(place, el('p', {class: 'muted'}, `${title}: cancelled`));
      announce(`${title}: cancelled`);
    } else {
      fill(place, alertBox(task.result.error));
    }
  } catch (error) {
    if (!over()) fill(place, alertBox(error.message));
  }
}
