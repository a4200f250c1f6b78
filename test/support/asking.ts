/** Questions of dialogs to the runtime, as the editor sends them. */
import type { NodeAPI } from 'node-red';

export interface Asked {
  readonly status: number;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>> | null;
}

export async function asking(root: string, path: string, question: unknown): Promise<Asked> {
  const answer = await fetch(new URL(path, root), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(question),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text.startsWith('{') ? (JSON.parse(text) as Asked['body']) : null };
}

/** Which right each path wants. */
export function rightsOf(serve: (RED: NodeAPI) => void): Record<string, unknown> {
  const rights: Record<string, unknown> = {};
  const RED = {
    auth: { needsPermission: (right: string) => right },
    httpAdmin: { post: (path: string, allowed: unknown) => void (rights[path] = allowed) },
  };
  serve(RED as unknown as NodeAPI);
  return rights;
}
