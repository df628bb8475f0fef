/** Group robots (群机器人): no token, a key in the URL, 20 messages a minute, one way. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { checkCard } from './card-check.ts';
import { NOTICE_TYPES } from './card-schema.ts';
import { byteLength, demand, WecomFault } from './fault.ts';
import type { MediaStore, UploadForm } from './media.ts';
import { bodyShape, renderMessage } from './message-body.ts';
import type { CallResult } from './messages.ts';
import { parseBody } from './parse.ts';
import { Quota } from './quota.ts';
import { cutBytes, plainText } from './rich-text.ts';

const MAX_SHOWN = 500;
const PER_MINUTE = 20;
const MARKDOWN_BYTES = 4_096;
const IMAGE_BYTES = 2 * 1_048_576;

const robotSchema = z.object({
  ...bodyShape,
  text: z
    .object({
      content: z.string().optional(),
      mentioned_list: z.array(z.string()).optional(),
      mentioned_mobile_list: z.array(z.string()).optional(),
    })
    .optional(),
  image: z.object({ base64: z.string().optional(), md5: z.string().optional() }).optional(),
  markdown_v2: z.object({ content: z.string().optional() }).optional(),
});
type RobotBody = z.infer<typeof robotSchema>;

/** What a robot's group shows. */
export interface RobotMessage {
  readonly at: Date;
  readonly msgtype: string;
  readonly text: string;
}

/** All group robots of the corp. */
export class Robots {
  readonly #keys: ReadonlySet<string>;
  readonly #media: MediaStore;
  readonly #quota = new Quota(PER_MINUTE, 60_000);
  readonly #shown = new Map<string, RobotMessage[]>();

  constructor(keys: readonly string[], media: MediaStore) {
    this.#keys = new Set(keys);
    this.#media = media;
  }

  /** webhook/send. @throws WecomFault 93000 dead key; 45009 over 20/min; 301019 md5; 42031 a card with buttons. */
  send(key: string, body: unknown, now: Date): CallResult {
    demand(this.#keys.has(key), 93000, 'invalid webhook url');
    demand(this.#quota.take(key, now), 45009, 'api freq out of limit');
    const { value, unknown } = parseBody(robotSchema, body);
    const text = this.#render(key, value, now);
    const shown = [...(this.#shown.get(key) ?? []), { at: now, msgtype: value.msgtype ?? '', text }];
    this.#shown.set(key, shown.slice(-MAX_SHOWN));
    return { json: {}, unknown };
  }

  /** webhook/upload_media: the id is good for this robot only. */
  upload(key: string, form: UploadForm, now: Date): Promise<Readonly<Record<string, unknown>>> {
    demand(this.#keys.has(key), 93000, 'invalid webhook url');
    demand(form.type === 'file' || form.type === 'voice', 40004, 'invalid media type');
    return this.#media.upload(form, now, key);
  }

  messages(key: string): readonly RobotMessage[] {
    return this.#shown.get(key) ?? [];
  }

  #render(key: string, body: RobotBody, now: Date): string {
    switch (body.msgtype) {
      case 'text':
        demand((body.text?.content ?? '') !== '', 44004, 'empty content');
        return plainText(cutBytes(body.text?.content ?? '', 2_048));
      case 'markdown':
        return checkedMarkdown(body.markdown?.content);
      case 'markdown_v2':
        return checkedMarkdown(body.markdown_v2?.content);
      case 'image':
        return checkedImage(body.image?.base64 ?? '', body.image?.md5 ?? '');
      case 'file':
        return this.#media.find(body.file?.media_id, now, key).name;
      case 'voice':
        return this.#media.find(body.voice?.media_id, now, key).name;
      case 'news':
        return renderMessage({ msgtype: 'news', news: body.news }, this.#media, now).screenCard?.title ?? '';
      case 'template_card':
        demand(NOTICE_TYPES.includes(body.template_card?.card_type ?? ''), 42031, 'invalid card_type');
        checkCard(body.template_card ?? {});
        return plainText(body.template_card?.main_title?.title ?? '');
      case undefined:
      default:
        throw new WecomFault(40008, 'invalid message type');
    }
  }
}

function checkedMarkdown(content = ''): string {
  demand(content !== '', 44004, 'empty content');
  demand(byteLength(content) <= MARKDOWN_BYTES, 45002, 'content size out of limit: markdown');
  return plainText(content);
}

function checkedImage(base64: string, md5: string): string {
  demand(/^[A-Za-z0-9+/]+={0,2}$/.test(base64), 40035, 'invalid parameter: image.base64');
  const bytes = Buffer.from(base64, 'base64');
  demand(bytes.length <= IMAGE_BYTES, 40009, 'invalid image size');
  demand(createHash('md5').update(bytes).digest('hex') === md5.toLowerCase(), 301019, 'image md5 not match');
  return '';
}
