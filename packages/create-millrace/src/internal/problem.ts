/** What a person can put right. The message says what is wrong and what to do. */
export class Problem extends Error {}
