/** Snapshots, from our server. */

const SNAPSHOT_TIMEOUT_MS = 40_000;

export interface TakenShot {
  /** Of a picture within this page; whoever has it revokes it. */
  readonly address: string;
  readonly takenMs: number;
}

/** Never throws. */
export async function takeShot(
  device: number,
  channel: number,
  size: 'small' | 'full',
): Promise<TakenShot | { readonly reason: string }> {
  try {
    const answer = await fetch(`/snapshot/${device}/${channel}/${size}`, {
      signal: AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS),
    });
    // Where there is no picture the answer is empty, and says why.
    if (answer.status !== 200) return { reason: decodeURIComponent(answer.headers.get('x-reason') ?? '') };
    const takenMs = Number(answer.headers.get('x-taken-at'));
    return { address: URL.createObjectURL(await answer.blob()), takenMs };
  } catch {
    return { reason: 'The page has lost its server.' };
  }
}
