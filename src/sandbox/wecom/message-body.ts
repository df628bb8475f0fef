/** The message types an app can send (message/send, appchat/send): their limits, and what a phone shows of them. */
import { z } from 'zod';
import type { ScreenCard, ScreenFile } from '../emulator.ts';
import { checkCard } from './card-check.ts';
import { templateCardSchema, withoutUpdateFields, type TemplateCard } from './card-schema.ts';
import { byteLength, demand, WecomFault } from './fault.ts';
import type { MediaStore } from './media.ts';
import { cutBytes, plainText } from './rich-text.ts';

const text = z.string().optional();
const media = z.object({ media_id: text }).optional();

const article = z.object({ title: text, description: text, url: text, picurl: text, appid: text, pagepath: text });
const mpArticle = z.object({
  title: text,
  thumb_media_id: text,
  author: text,
  content_source_url: text,
  content: text,
  digest: text,
});

/** The members that carry a message's content, one per msgtype. */
export const bodyShape = {
  msgtype: text,
  text: z.object({ content: text }).optional(),
  image: media,
  voice: media,
  file: media,
  video: z.object({ media_id: text, title: text, description: text }).optional(),
  textcard: z.object({ title: text, description: text, url: text, btntxt: text }).optional(),
  news: z.object({ articles: z.array(article).optional() }).optional(),
  mpnews: z.object({ articles: z.array(mpArticle).optional() }).optional(),
  markdown: z.object({ content: text }).optional(),
  miniprogram_notice: z
    .object({
      appid: text,
      page: text,
      title: text,
      description: text,
      emphasis_first_item: z.boolean().optional(),
      content_item: z.array(z.object({ key: text, value: text })).optional(),
    })
    .optional(),
  template_card: templateCardSchema.optional(),
};

const bodySchema = z.object(bodyShape);
/** A message of any type. */
export type MessageBody = z.infer<typeof bodySchema>;

/** What arrives on a phone. */
export interface Shown {
  readonly text: string;
  readonly card?: TemplateCard;
  readonly screenCard?: ScreenCard;
  readonly file?: ScreenFile;
}

type Renderer = (body: MessageBody, store: MediaStore, now: Date) => Shown;

/** The platform's own label when `textcard.btntxt` is absent. */
const DEFAULT_DETAILS = '详情';
const TEXT_BYTES = 2_048;
const URL_BYTES = 2_048;

/** @throws WecomFault when the message is one WeCom refuses; 40008 for an unknown msgtype. */
export function renderMessage(body: MessageBody, store: MediaStore, now: Date): Shown {
  const render = RENDERERS.get(body.msgtype ?? '');
  if (render === undefined) throw new WecomFault(40008, 'invalid message type');
  return render(body, store, now);
}

const RENDERERS = new Map<string, Renderer>([
  ['text', renderText],
  ['markdown', renderMarkdown],
  ['textcard', renderTextcard],
  ['news', renderNews],
  ['mpnews', renderMpnews],
  ['image', (body, store, now) => renderFile(['image'], body.image?.media_id, store, now)],
  ['voice', (body, store, now) => renderFile(['voice'], body.voice?.media_id, store, now)],
  ['file', (body, store, now) => renderFile(['file', 'image', 'voice', 'video'], body.file?.media_id, store, now)],
  ['video', renderVideo],
  ['miniprogram_notice', renderMiniprogram],
  ['template_card', renderCard],
]);

function renderText(body: MessageBody): Shown {
  const content = body.text?.content ?? '';
  demand(content !== '', 44004, 'empty content');
  return { text: plainText(cutBytes(content, TEXT_BYTES)) };
}

function renderMarkdown(body: MessageBody): Shown {
  const content = body.markdown?.content ?? '';
  demand(content !== '', 44004, 'empty content');
  atMost(content, TEXT_BYTES, 'markdown.content');
  return { text: plainText(content) };
}

function renderTextcard(body: MessageBody): Shown {
  const { title, description, url, btntxt } = body.textcard ?? {};
  needed(title, 'textcard.title');
  needed(description, 'textcard.description');
  needed(url, 'textcard.url');
  atMost(title, 128, 'textcard.title');
  atMost(description, 512, 'textcard.description');
  demand(byteLength(url) <= URL_BYTES, 40039, 'invalid url size');
  const button = { key: 'card', text: btntxt ?? DEFAULT_DETAILS, url, style: 'link' };
  const screenCard = {
    title: plainText(title),
    text: plainText(description),
    fields: [],
    selects: [],
    buttons: [button],
  };
  return { text: '', screenCard };
}

function renderNews(body: MessageBody): Shown {
  const articles = body.news?.articles ?? [];
  demand(articles.length > 0, 40063, 'some parameters are empty: articles');
  demand(articles.length <= 8, 45008, 'articles over 8');
  for (const { title, description, url, appid, pagepath } of articles) {
    needed(title, 'articles.title');
    atMost(title, 128, 'articles.title');
    atMost(description ?? '', 512, 'articles.description');
    demand(byteLength(url ?? '') <= URL_BYTES, 40039, 'invalid url size');
    const linked = filled(url) || (filled(appid) && filled(pagepath));
    demand(linked, 40063, 'some parameters are empty: articles.url');
  }
  const buttons = articles.map(({ title = '', url = '' }, index) => ({
    key: `news:${index}`,
    text: title,
    url,
    style: 'link',
  }));
  const [first] = articles;
  const fields = articles.slice(1).map(({ title = '', description = '' }) => ({ label: title, value: description }));
  const screenCard = { title: first?.title ?? '', text: first?.description ?? '', fields, selects: [], buttons };
  return { text: '', screenCard };
}

function renderMpnews(body: MessageBody, store: MediaStore, now: Date): Shown {
  const articles = body.mpnews?.articles ?? [];
  demand(articles.length > 0, 40063, 'some parameters are empty: articles');
  demand(articles.length <= 8, 45008, 'articles over 8');
  for (const { title, thumb_media_id: thumb, content } of articles) {
    needed(title, 'articles.title');
    atMost(title, 128, 'articles.title');
    store.find(thumb, now);
    needed(content, 'articles.content');
    atMost(content, 666 * 1_024, 'articles.content');
  }
  return { text: articles.map(({ title = '', digest = '' }) => `${title}\n${digest}`.trim()).join('\n') };
}

function renderFile(types: readonly string[], id: string | undefined, store: MediaStore, now: Date): Shown {
  const { type, name, mime, bytes } = store.find(id, now);
  demand(types.includes(type), 40007, 'invalid media_id: wrong media type');
  return { text: '', file: { name, mime, size: bytes.length, bytes } };
}

function renderVideo(body: MessageBody, store: MediaStore, now: Date): Shown {
  const { media_id: id, title = '', description = '' } = body.video ?? {};
  atMost(title, 128, 'video.title');
  atMost(description, 512, 'video.description');
  return { ...renderFile(['video'], id, store, now), text: [title, description].filter(Boolean).join('\n') };
}

function renderMiniprogram(body: MessageBody): Shown {
  const { appid, title, description = '', content_item: items = [] } = body.miniprogram_notice ?? {};
  needed(appid, 'miniprogram_notice.appid');
  needed(title, 'miniprogram_notice.title');
  demand(items.length <= 10, 40035, 'invalid parameter: content_item size');
  const fields = items.map(({ key = '', value = '' }) => ({ label: key, value }));
  return { text: '', screenCard: { title, text: description, fields, selects: [], buttons: [] } };
}

function renderCard(body: MessageBody, store: MediaStore, now: Date): Shown {
  const card = withoutUpdateFields(body.template_card ?? {});
  checkCard(card);
  checkCardFiles(card, store, now);
  return { text: '', card };
}

/** @throws WecomFault 40007 when a file row names a media_id that is not there. */
export function checkCardFiles(card: TemplateCard, store: MediaStore, now: Date): void {
  for (const row of card.horizontal_content_list ?? []) if (row.type === 2) store.find(row.media_id, now);
}

function filled(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function needed(value: string | undefined, name: string): asserts value is string {
  demand(filled(value), 40063, `some parameters are empty: ${name}`);
}

function atMost(value: string, bytes: number, name: string): void {
  demand(byteLength(value) <= bytes, 45002, `content size out of limit: ${name}`);
}
