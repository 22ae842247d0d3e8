/** Text for a place that holds exactly one line (a header, a terminal): control characters cannot start another (ASVS 1.3.11). */
export function oneLine(text: string, maxLength = 200): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .slice(0, maxLength)
    .trim()
}
