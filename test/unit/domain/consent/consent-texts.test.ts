import { describe, expect, test } from 'vitest';
import { CONSENT_KEYS, consentHash } from '../../../../src/domain/consent/index.ts';
import { CONSENT_TEXTS, consentKeyOf } from '../../../../src/domain/consent/consent.ts';
import { LANGUAGES, loadTexts } from '../../../../src/lib/i18n.ts';

const texts = loadTexts('locales');

describe('the texts people consent to', () => {
  test('each consent has its texts, in both languages, and a name', () => {
    expect(CONSENT_TEXTS.map(({ key }) => key).sort()).toEqual([...CONSENT_KEYS].sort());
    for (const language of LANGUAGES) {
      for (const { key, textKey } of CONSENT_TEXTS) {
        expect(texts.translate(language, textKey).length).toBeGreaterThan(60);
        expect(texts.has(language, `consent.name.${key}`)).toBe(true);
      }
    }
  });

  test('each text names its own version', () => {
    for (const { textKey, version } of CONSENT_TEXTS)
      expect(texts.translate('zh-CN', textKey)).toContain(`第${String(version)}版`);
  });

  test('a consent is meant by its key or by the text that was shown, by nothing else', () => {
    expect(consentKeyOf('cross-border')).toBe('cross-border');
    expect(consentKeyOf('flows.consent.personal-data')).toBe('personal-information');
    expect(consentKeyOf('flows.customer-intake.thanks')).toBeUndefined();
    expect(consentKeyOf('toString')).toBeUndefined();
  });

  test('the hash is SHA-256 of the UTF-8 bytes: one changed character is another text', () => {
    expect(consentHash('同意').toString('hex')).toBe(
      '905819e2e3a059a02087855e9f326d05c877c1767ec31dc012c5c44652840230',
    );
    expect(consentHash('同意')).not.toEqual(consentHash('同意 '));
  });
});
