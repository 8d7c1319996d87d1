/** Who is connected and what they can do; asked on "sys.registry.list" and "sys.doctor.get". */
import type { Clock, Json } from "@arqon/core/base";
import { SamSchema, toJson } from "@arqon/core/wire";
import { Paced } from "../metrics/index.ts";
import type { Reality } from "../spine/index.ts";
import { type Answer, ServicePort } from "./service.ts";

/** A connection as the registry sees it. */
export interface Present {
  readonly id: string;
  readonly client: string;
  readonly principal: { readonly id: string; readonly tenant: string; readonly trusted: boolean };
  readonly sam: Parameters<typeof toJson<typeof SamSchema>>[1] | undefined;
  readonly reality: Reality | undefined;
}

/** Topics of the Brain. */
const BRAIN_TOPICS = {
  list: "sys.registry.list",
  changed: "sys.registry.changed",
  doctor: "sys.doctor.get",
} as const;

/** How often in a second a list is made for those who ask over the wire. */
const LISTS_PER_S = 20;

/** The registry of each Reality, and the services that tell of it. */
export class Brain {
  readonly #newId: () => string;
  readonly #clock: Clock;
  readonly #doctor: () => Json;
  readonly #more: ReadonlyMap<string, Answer>;
  readonly #services = new Map<
    Reality,
    { readonly port: ServicePort; readonly present: Map<string, Present> }
  >();

  /**
   * @param doctor  what `sys.doctor.get` answers.
   * @param more  answers of others, by topic.
   */
  constructor(
    newId: () => string,
    clock: Clock,
    doctor: () => Json,
    more: ReadonlyMap<string, Answer> = new Map(),
  ) {
    this.#newId = newId;
    this.#clock = clock;
    this.#doctor = doctor;
    this.#more = more;
  }

  /** Notes that a connection joined or left its Reality; tells those who listen when it is an operator. */
  note(session: Present, present: boolean): void {
    const { reality } = session;
    if (reality === undefined) return;
    const service = this.#serviceOf(reality);
    if (present) service.present.set(session.id, session);
    else service.present.delete(session.id);
    if (session.sam !== undefined)
      service.port.say(BRAIN_TOPICS.changed, {
        change: present ? "joined" : "left",
        connection: describe(session),
      });
  }

  /** Everyone connected to a Reality. */
  list(reality: Reality): readonly Json[] {
    return [...this.#serviceOf(reality).present.values()].map(describe);
  }

  #serviceOf(reality: Reality): { readonly port: ServicePort; readonly present: Map<string, Present> } {
    const known = this.#services.get(reality);
    if (known) return known;
    const present = new Map<string, Present>();
    const listed = new Paced(this.#clock, LISTS_PER_S, () => ({
      connections: [...present.values()].map(describe),
    }));
    const port = new ServicePort(
      reality,
      this.#newId,
      new Map([
        [BRAIN_TOPICS.list, () => listed.get()],
        [BRAIN_TOPICS.doctor, () => this.#doctor()],
        ...this.#more,
      ]),
    );
    const service = { port, present };
    this.#services.set(reality, service);
    return service;
  }
}

function describe({ id, client, principal, sam }: Present): Json {
  return {
    connection: id,
    client,
    principal: principal.id,
    tenant: principal.tenant,
    trusted: principal.trusted,
    sam: sam === undefined ? null : (toJson(SamSchema, sam, { alwaysEmitImplicit: true }) as Json),
  };
}
