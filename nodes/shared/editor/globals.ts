/** What the build puts into each bundle (nodes/build.ts), and what the editor of Node-RED offers. Types only. */
import type { EditorRED } from 'node-red';
import type { EditorCommand, KindGroup } from '../checks';

declare global {
  /** What may be commanded over MQTT, from nothing to most. */
  const ALLOWANCES: readonly string[];
  /** All commands, derived from the registry. */
  const COMMANDS: readonly EditorCommand[];
  /** The kinds of events by group, derived from the table of kinds. */
  const EVENT_KIND_GROUPS: readonly KindGroup[];
  const RED: EditorRED;
}
