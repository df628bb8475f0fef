/** The languages of the page, as in `locales/`. */
export type Language = 'zh-CN' | 'en';
