// The channel's clock, in its zone and in the language's words.

import { session } from "../api/session.svelte";
import { Clock } from "../lib/time";
import { locale } from "../words/words.svelte";

let made: { page: typeof session.page; locale: string; clock: Clock } | undefined;

/** The clock of the channel's zone, as the engine's clocks go. */
export function clock(): Clock {
  const page = session.page;
  if (made?.page !== page || made.locale !== locale()) made = { page, locale: locale(), clock: new Clock(page?.zone ?? "", locale(), page?.clocks ?? []) };
  return made.clock;
}
