/** One picture, large: of a channel, taken again and again, or of an event. */
import type { EventRow } from '../wire';
import { byId, setText } from './dom';
import type { Model } from './model';
import { takeShot } from './shot';
import { clockWords, roleWords } from './words';

const AGAIN_MS = 5_000;

export class Viewer {
  private readonly dialog = byId('viewer', HTMLDialogElement);
  private readonly title = byId('viewer-title', HTMLElement);
  private readonly note = byId('viewer-note', HTMLElement);
  private readonly picture = byId('viewer-picture', HTMLImageElement);
  private readonly before = byId('viewer-before', HTMLButtonElement);
  private readonly next = byId('viewer-next', HTMLButtonElement);
  /** What is shown is over when this changes. */
  private turn = 0;
  private timer = 0;
  private address = '';
  private step: (by: number) => void = () => undefined;

  constructor(private readonly model: Model) {
    byId('viewer-close', HTMLButtonElement).addEventListener('click', () => this.dialog.close());
    this.before.addEventListener('click', () => this.step(-1));
    this.next.addEventListener('click', () => this.step(1));
    this.dialog.addEventListener('close', () => this.clear());
    // Beside the picture is out of it.
    this.dialog.addEventListener('click', ({ target }) => {
      if (target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener('keydown', ({ key }) => {
      if (key === 'ArrowLeft') this.step(-1);
      if (key === 'ArrowRight') this.step(1);
    });
  }

  showChannel(device: number, channel: number, title: string): void {
    this.open(title, 1);
    const { turn } = this;
    const again = async () => {
      if (document.visibilityState === 'visible') await this.snapshot(device, channel, turn);
      if (turn === this.turn) this.timer = window.setTimeout(() => void again(), AGAIN_MS);
    };
    void again();
  }

  showEvent(row: EventRow, first: number): void {
    const where = this.model.where(row).filter((part) => part !== '');
    const title = [this.model.title(row), ...where].join(', ');
    const { length } = row.pictures;
    let at = first;
    const show = () => {
      const number = length > 1 ? ` (${at + 1} of ${length})` : '';
      const what = roleWords(row.pictures[at] ?? null);
      setText(this.note, `${what}${number} · ${clockWords(row.startMs, Date.now())}`);
      this.picture.alt = `${what} of the event`;
      this.picture.src = `/picture/${row.id}/${at}`;
    };
    this.open(title, length);
    this.step = (by) => {
      at = (at + by + length) % length;
      show();
    };
    show();
  }

  private async snapshot(device: number, channel: number, turn: number): Promise<void> {
    const shot = await takeShot(device, channel, 'full');
    if (turn !== this.turn) {
      if ('address' in shot) URL.revokeObjectURL(shot.address);
      return;
    }
    if ('reason' in shot) {
      setText(this.note, `No picture. ${shot.reason}`);
      return;
    }
    const { address } = this;
    this.address = shot.address;
    this.picture.src = shot.address;
    this.picture.alt = 'Snapshot';
    setText(this.note, `Taken at ${clockWords(shot.takenMs, Date.now())}`);
    if (address !== '') URL.revokeObjectURL(address);
  }

  private open(title: string, pictures: number): void {
    this.clear();
    setText(this.title, title);
    setText(this.note, 'One moment...');
    this.before.hidden = this.next.hidden = pictures < 2;
    if (!this.dialog.open) this.dialog.showModal();
  }

  private clear(): void {
    this.turn++;
    window.clearTimeout(this.timer);
    this.step = () => undefined;
    this.picture.removeAttribute('src');
    this.picture.alt = '';
    if (this.address !== '') URL.revokeObjectURL(this.address);
    this.address = '';
  }
}
