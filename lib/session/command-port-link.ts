/** A device by its command port: ISAPI through it, its own binary face, and the alarm channel. */
import type { Clock } from '../clock';
import { excerpt } from '../codec/text';
import type { IsapiAnswer, IsapiRequest } from '../codec/isapi';
import { channelOf, type PortRequest } from '../commands/port';
import { AlarmNotices } from '../events/alarm-notice';
import { ALARM_CHANNEL_SILENCE_MS } from '../settings';
import type { CredentialGate } from '../transport/gate';
import type { AlarmChannel, CommandSession, RequestOptions } from './command-session';
import { CommandPortCarrier } from './command-port-carrier';
import type { EventInlet, EventPump } from './event-pump';
import type { BinaryFace, DeviceLink, EventLine, SendOptions } from './link';

export class CommandPortLink implements DeviceLink {
  readonly binary: BinaryFace;

  private readonly carrier: CommandPortCarrier;
  private readonly inlet: EventInlet;

  constructor(
    private readonly session: CommandSession,
    readonly gate: CredentialGate,
    pump: EventPump,
    clock: Clock,
  ) {
    this.inlet = pump.inlet('hsp');
    this.carrier = new CommandPortCarrier(session, clock);
    this.binary = {
      place: session.place,
      device: (signal) => session.device(signal),
      get isNumberingKnown() {
        return session.isNumberingKnown;
      },
      acceptFirstIpChannel: (firstIpChannel) => session.acceptFirstIpChannel(firstIpChannel),
      ask: (request, options) => session.request(request.command, request.body, optionsOf(request, options)),
      list: (request, options) => session.list(request.command, request.body ?? EMPTY, optionsOf(request, options)),
    };
  }

  get place(): string {
    return this.session.place;
  }

  send(request: IsapiRequest, options: SendOptions): Promise<IsapiAnswer> {
    return this.carrier.send(request, options);
  }

  probe(signal: AbortSignal): Promise<void> {
    return this.session.keepAlive(signal);
  }

  async openEvents(signal: AbortSignal): Promise<EventLine> {
    return this.lineOf(await this.session.alarmChannel(signal));
  }

  forget(): void {
    // A session that the device has forgotten too is renewed by the next command.
  }

  rest(): Promise<void> {
    return this.session.logout();
  }

  close(): Promise<void> {
    return this.session.close();
  }

  private lineOf(channel: AlarmChannel): EventLine {
    const { inlet } = this;
    const alarms = new AlarmNotices((number) => channelOf(number, channel.device));
    return {
      name: 'alarm channel',
      inlet,
      silenceMs: ALARM_CHANNEL_SILENCE_MS,
      afterSilence: 'lost',
      start: (received, lost) =>
        channel.listen({
          onPush: (push) => {
            // A list of recordings or an unknown push is a sign of life, too.
            if (push.type === 'alarm') received(() => inlet.take(alarms.notices(push)));
            else received(() => inlet.beat());
          },
          onUnreadable: (error) => received(() => inlet.unreadable(excerpt(error.message, 200))),
          onEnd: lost,
        }),
      close: () => channel.close(),
    };
  }
}

const EMPTY = Buffer.alloc(0);

function optionsOf({ timeoutMs }: PortRequest, { signal, operation }: SendOptions): RequestOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(operation === undefined ? {} : { operation }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}
