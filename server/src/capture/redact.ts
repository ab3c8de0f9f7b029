import { redactions, type Redaction } from "./config.ts";

/**
 * Takes what identifies people out of a text. Every step takes a time that grows with the length of
 * the text and no faster, for every text.
 */
export function redact(text: string, wanted: readonly Redaction[]): string {
  return redactions
    .filter((name) => wanted.includes(name))
    .reduce((rest, name) => redactors[name](rest), text);
}

/** What each redaction does. */
export const redactors: Record<Redaction, (text: string) => string> = {
  EmailAddresses: (text) => (text.includes("@") ? text.replace(emailAddress, "[email]") : text),
  CardNumbers: (text) =>
    manyDigits.test(text)
      ? text.replace(digitGroups, (digits) => (isCardNumber(digits) ? "[card]" : digits))
      : text,
  PhoneNumbers: (text) => (manyDigits.test(text) ? text.replace(phoneNumber, "[phone]") : text),
};

/** Nine digits close to each other, which few texts have; those need no further look. */
const manyDigits = /(?:\d\D{0,4}){8}\d/;

/** A local part of at most 64 characters, and a domain with at least one dot. */
const emailAddress =
  /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,8}\.\p{L}{2,63}/gu;

/**
 * A number in one piece or in groups of four and more, as cards show theirs. So neither prices
 * (groups of three) nor dates nor numbers of companies (3-3-3-5) are looked at.
 */
const digitGroups =
  /(?<![\p{L}\p{N}])\d{4,19}(?:[ \u00a0\u202f.-]\d{4,8}){0,4}(?:[ \u00a0\u202f.-]\d{1,3})?(?![\p{L}\p{N}])/gu;

/** How the numbers of cards begin, by issuer, and how many digits they have. */
const cards = [
  /^4(?:\d{15}|\d{18})$/,
  /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d*$/,
  /^3[47]\d{13}$/,
  /^3(?:0[0-5]|[689])\d*$/,
  /^(?:6011|64[4-9]|65|62|352[89]|35[3-8])\d{12,17}$/,
  /^(?:50|5[6-8]|6[37])\d{14,17}$/,
];

/** Whether digits, with blanks or other separators, are the number of a card. */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "");
  const isLong = digits.length >= 14 && digits.length <= 19;
  return isLong && cards.some((card) => card.test(digits)) && hasCheckDigit(digits);
}

/** Luhn's check, ISO/IEC 7812-1. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : 2 * digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** What stands between the groups of a phone number; the same in all of a French one. */
const gap = "[ .\\-/\\u00a0\\u202f]";

/** The ten digits of a French number, grouped as people write them and dates are not. */
const french = [
  `0[1-9](?<a>${gap}?)\\d\\d(?:\\k<a>\\d\\d){3}`,
  `0[1-9]\\d\\d(?<b>${gap})\\d\\d\\k<b>\\d\\d\\k<b>\\d\\d`,
  `0[1-9]\\d\\d(?<c>${gap})\\d{3}\\k<c>\\d{3}`,
  `0[1-9](?<d>${gap})\\d{4}\\k<d>\\d{4}`,
  `0[1-9](?<e>${gap})\\d\\d\\k<e>\\d{3}\\k<e>\\d{3}`,
  `0[1-9]${gap}\\d{8}`,
];

/** From any country: a plus or two zeros, and nine to fifteen digits. */
const international = `(?:\\+|(?<!\\p{N}[ .\\-\\u00a0\\u202f])00(?=[ .-]?[1-9]))(?:[ .\\-()/\\u00a0\\u202f]{0,2}\\d){9,15}`;

const phoneNumber = new RegExp(
  `(?<![\\p{L}\\p{N}+])(?<!\\p{N}[.,:/-])(?:${[international, ...french].join("|")})(?![\\p{N}])(?![.,:/-]\\p{N})`,
  "gu",
);
