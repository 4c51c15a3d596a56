// The channel's clock, in its zone and in the language's words.

import { session } from "../api/session.svelte";
import { Clock } from "../lib/time";
import { locale } from "../words/words.svelte";

let made: { zone: string; locale: string; clock: Clock } | undefined;

/** The clock of the channel's zone. */
export function clock(): Clock {
  const zone = session.page?.zone ?? "";
  if (made?.zone !== zone || made.locale !== locale()) made = { zone, locale: locale(), clock: new Clock(zone, locale()) };
  return made.clock;
}
