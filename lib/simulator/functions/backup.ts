/** The settings of a device as one file, and back (isapi.md §2.5). Real ones are encrypted; this one is only not to be read. */
import { gzipSync, gunzipSync } from 'node:zlib';
import type { Route, RouteCall } from '../device';
import type { DeviceAnswer } from '../answers';

const MARK = Buffer.from('SIMCFG1\0', 'latin1');
const MAX_UNPACKED_BYTES = 16 * 1_024 * 1_024;

export function backupRoutes(): Route[] {
  const path = /^\/ISAPI\/System\/configurationData$/i;
  return [
    { method: 'GET', path, run: save },
    { method: 'PUT', path, run: restore },
  ];
}

function save({ device }: RouteCall): DeviceAnswer {
  const settings = JSON.stringify({ model: device.identity.model, documents: device.settings() });
  return {
    status: 200,
    contentType: 'application/octet-stream',
    body: Buffer.concat([MARK, gzipSync(settings)]),
  };
}

/** Settings of the same model are taken, and the device restarts with them. */
function restore({ device, request, status }: RouteCall): DeviceAnswer {
  const settings = unpacked(request.body);
  if (settings === null) return status('badParameters', 'configurationData');
  if (settings.model !== device.identity.model) return status('badDevType');
  device.restoreSettings(settings.documents);
  return { ...status('ok'), restarts: true };
}

function unpacked(body: Buffer): { model: string; documents: Record<string, string> } | null {
  if (!body.subarray(0, MARK.length).equals(MARK)) return null;
  try {
    const text = gunzipSync(body.subarray(MARK.length), { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8');
    const { model, documents } = JSON.parse(text) as { model?: unknown; documents?: unknown };
    if (typeof model !== 'string' || typeof documents !== 'object' || documents === null) return null;
    return { model, documents: documents as Record<string, string> };
  } catch {
    return null; // it was changed or cut on the way
  }
}
