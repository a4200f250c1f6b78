/** A device with a client of its own, for bridges without Node-RED. */
import { HikvisionClient, type ClientOptions } from '../client';
import type { DeviceSource } from './device-bridge';

export interface ClientSource extends DeviceSource {
  /** For the log. */
  readonly client: HikvisionClient;
}

export function clientSource(options: ClientOptions): ClientSource {
  const client = new HikvisionClient(options);
  return {
    client,
    onState(listener) {
      const subscription = client.onState(listener);
      listener(client.state);
      return subscription;
    },
    onEvent: (listener) => client.events(listener),
    call: (command, args, callOptions) => client.call(command, args, callOptions),
  };
}
