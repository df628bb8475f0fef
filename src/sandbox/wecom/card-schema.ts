/** The JSON of a template card (模板卡片), every member optional: what must be there is `card-check.ts`'s business. */
import { z } from 'zod';

const text = z.string().optional();
const int = z.int().optional();
const flag = z.boolean().optional();

const target = { type: int, url: text, appid: text, pagepath: text };
const option = z.object({ id: text, text });
const checkable = z.object({ id: text, text, is_checked: flag });

/** Parses any card; drops members WeCom does not know. */
export const templateCardSchema = z.object({
  card_type: text,
  task_id: text,
  source: z.object({ icon_url: text, desc: text, desc_color: int }).optional(),
  action_menu: z.object({ desc: text, action_list: z.array(z.object({ text, key: text })).optional() }).optional(),
  main_title: z.object({ title: text, desc: text }).optional(),
  quote_area: z.object({ ...target, title: text, quote_text: text }).optional(),
  emphasis_content: z.object({ title: text, desc: text }).optional(),
  sub_title_text: text,
  horizontal_content_list: z
    .array(z.object({ keyname: text, value: text, type: int, url: text, media_id: text, userid: text }))
    .optional(),
  jump_list: z.array(z.object({ ...target, title: text })).optional(),
  card_action: z.object(target).optional(),
  image_text_area: z.object({ ...target, title: text, desc: text, image_url: text }).optional(),
  card_image: z.object({ url: text, aspect_ratio: z.number().optional() }).optional(),
  vertical_content_list: z.array(z.object({ title: text, desc: text })).optional(),
  button_selection: z
    .object({
      question_key: text,
      title: text,
      option_list: z.array(option).optional(),
      selected_id: text,
      disable: flag,
    })
    .optional(),
  button_list: z.array(z.object({ text, style: int, key: text, type: int, url: text })).optional(),
  checkbox: z
    .object({ question_key: text, option_list: z.array(checkable).optional(), mode: int, disable: flag })
    .optional(),
  select_list: z
    .array(
      z.object({
        question_key: text,
        title: text,
        selected_id: text,
        option_list: z.array(option).optional(),
        disable: flag,
      }),
    )
    .optional(),
  submit_button: z.object({ text, key: text }).optional(),
  replace_text: text,
});

/** A card, first send and update alike. */
export type TemplateCard = z.infer<typeof templateCardSchema>;

/** The three types whose buttons come back to the app. */
export const INTERACTION_TYPES = ['button_interaction', 'vote_interaction', 'multiple_interaction'];
/** The two types that only tell something. */
export const NOTICE_TYPES = ['text_notice', 'news_notice'];

/** Whether taps come back: an interaction type, or any card with a menu. Such cards have a response_code. */
export function isInteractive(card: TemplateCard): boolean {
  return INTERACTION_TYPES.includes(card.card_type ?? '') || card.action_menu !== undefined;
}

/** What a card can only say in an update (`replace_text`, `disable`) is ignored when it is sent. */
export function withoutUpdateFields(card: TemplateCard): TemplateCard {
  const { replace_text: _, ...rest } = card;
  return {
    ...rest,
    ...(card.button_selection && { button_selection: withoutDisable(card.button_selection) }),
    ...(card.checkbox && { checkbox: withoutDisable(card.checkbox) }),
    ...(card.select_list && { select_list: card.select_list.map(withoutDisable) }),
  };
}

function withoutDisable<T extends { disable?: boolean | undefined }>(question: T): Omit<T, 'disable'> {
  const { disable: _, ...rest } = question;
  return rest;
}
