/** What the editor is shown in, as Node-RED names languages. A test holds that each has every text and every help. */
export const ENGLISH = 'en-US';
export const LANGUAGES = [ENGLISH, 'de', 'es', 'fr', 'zh-CN'] as const;
